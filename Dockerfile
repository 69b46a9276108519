# The image of every service of a lab in containers; which one it runs is said in docker-compose.yml. There is nothing to
# build: Node runs the sources as they are. The Node is the one that package.json and the catalog pin.
FROM node:26.10.0-bookworm-slim

WORKDIR /cordon
COPY . .
RUN npx -y pnpm@12.21.0 install --prod --frozen-lockfile \
  && mkdir -p /lab/data/control /lab/data/auth /lab/data/mail /lab/maildirs \
  && chown -R node:node /lab

USER node
