/**
 * Who uses a lab: tenants, users and aliases, the same for the same numbers. Users get their passwords from sixteen
 * prepared pairs of password and argon2id hash (19 MiB, two passes, one lane: OWASP's minimum), so that a lab is seeded
 * in milliseconds while every sign-in still pays for a real verification. The passwords guard nothing but a lab.
 */
import type { ImportLine, PartitionId, TenantId } from "@cordon/model";

export interface LabUser {
  readonly address: string;
  readonly password: string;
  readonly phc: string;
  readonly tenant: TenantId;
  readonly partition: PartitionId;
  /** Another address whose mail goes to this user. */
  readonly alias: string;
}

export interface Population {
  readonly tenants: readonly { readonly domain: TenantId; readonly partition: PartitionId }[];
  readonly users: readonly LabUser[];
}

/** Tenants of each partition: two, so that a worst tenant and a fleet can differ. */
const tenantsPerPartition = 2;

/** Users below which a tenant of a lab of so many partitions would have none. */
export const leastUsers = (partitions: number): number => partitions * tenantsPerPartition;

/** `users` users spread evenly: partition by partition, tenant by tenant. */
export function populate(partitions: readonly PartitionId[], users: number): Population {
  const tenants = partitions.flatMap((partition, index) =>
    Array.from({ length: tenantsPerPartition }, (_, nth) => ({
      domain: `tenant${index * tenantsPerPartition + nth + 1}.example`,
      partition,
    })),
  );
  return {
    tenants,
    users: Array.from({ length: users }, (_, index) => {
      const tenant = tenants[index % tenants.length];
      const pair = prepared[index % prepared.length];
      if (tenant === undefined || pair === undefined) throw new Error("a lab has at least one partition");
      const name = `user${Math.floor(index / tenants.length) + 1}`;
      return {
        address: `${name}@${tenant.domain}`,
        password: pair[0],
        phc: pair[1],
        tenant: tenant.domain,
        partition: tenant.partition,
        alias: `also.${name}@${tenant.domain}`,
      };
    }),
  };
}

/** What a partition's directory imports for its share of the population. */
export const importLines = (population: Population, partition: PartitionId): readonly ImportLine[] =>
  population.users
    .filter((user) => user.partition === partition)
    .flatMap((user) => [
      { address: user.address, phc: user.phc },
      { address: user.alias, alias: user.address },
    ]);

const prepared: readonly (readonly [password: string, phc: string])[] = [
  [
    "lab amber only",
    "$argon2id$v=19$m=19456,t=2,p=1$VlFg/5nUYBbucJXlaYaNkw$UH6/YtaXzelORV69/9+WmRzhb0PZUjQTNrqHNGPydf0",
  ],
  [
    "lab birch only",
    "$argon2id$v=19$m=19456,t=2,p=1$T4ME2JaiLbPdbSCRYMWkwA$nTlkAWh0GwndZ9MJ7hSUWFY/FLdb5QrGnfkL5OTsj5w",
  ],
  [
    "lab cedar only",
    "$argon2id$v=19$m=19456,t=2,p=1$Q2+LFTGJmvGjZTSh26OxIQ$a0DgJtxND1+4kpBR2NqnsvK9YOIS5xygZ4xQHYdbqm0",
  ],
  [
    "lab delta only",
    "$argon2id$v=19$m=19456,t=2,p=1$/ArmmxkC79X9OUAlOkjSQw$yUcjTCOlWSLP+AXkjDooOjQ7okZ1i00VXFDsYxuLWYE",
  ],
  [
    "lab ember only",
    "$argon2id$v=19$m=19456,t=2,p=1$f7ppwo8XHjwL3YYkTDfoPA$GQDOtLTVNu7Vq0NLn6Vd3mP6Slo9qXeyJjzvT3dwKsk",
  ],
  [
    "lab fjord only",
    "$argon2id$v=19$m=19456,t=2,p=1$m/cFoPWDA7mTtY4uVSn61g$koonUUr56kIDaXyciSJTZiT79j+QzYPWiGjRGTI7zNk",
  ],
  [
    "lab grove only",
    "$argon2id$v=19$m=19456,t=2,p=1$N8ZqUfsv6GZ9MtFqmAF2EA$h8fAk++l/7kzEGZ6PD4tNX9FotA3yDZlymPs9VRuGNo",
  ],
  [
    "lab heron only",
    "$argon2id$v=19$m=19456,t=2,p=1$bwrBq25BSpHwzWr2KmmA6A$732C/CTnsEQ/NJEpO7XGQe7cgGm45ycWe0Derwaqn/k",
  ],
  [
    "lab islet only",
    "$argon2id$v=19$m=19456,t=2,p=1$6Ub5Hx3BQP0OSEssMxH/CQ$0+EsRh7BLhac7w8pL1q86brxeFtzmU+wz4RPvfZIc3M",
  ],
  [
    "lab juniper only",
    "$argon2id$v=19$m=19456,t=2,p=1$3MqM2AXiOCiClkIRkNgvhQ$hoY3yhiXTWKrETNTO9WYHpEAeZwd47O6qzBPoEerA/A",
  ],
  [
    "lab kelp only",
    "$argon2id$v=19$m=19456,t=2,p=1$lysdZZv8LuJm5Yp3emsPsQ$4JhxnYIG9AWocgoCmTTj6eydI0XWJPJM4LoVh6N6yws",
  ],
  [
    "lab linden only",
    "$argon2id$v=19$m=19456,t=2,p=1$RctaZXmiRNhYN0+Iz/Us2A$qyogjBoIjHUhOZh+ygvuYlwdU4zu1C140F3PQrOk+fI",
  ],
  [
    "lab maple only",
    "$argon2id$v=19$m=19456,t=2,p=1$FPx+CDzseUdCkSKs/eFhKg$FNhdWIbFvtzOnVfkFUwgzyrgL+GLUhDmdDNtQiQgxCg",
  ],
  [
    "lab nettle only",
    "$argon2id$v=19$m=19456,t=2,p=1$N/6vc8Z+R08+sH2H3sa73Q$yMC0vO6IoLVTTb5yXFzMphIZbv6kvnvEaWVk9XGg3RA",
  ],
  [
    "lab otter only",
    "$argon2id$v=19$m=19456,t=2,p=1$Lno+2nThbayNnuyrWMU20w$KWWRjHTSY4q0jGpnPuWgKTWiEoTJnJQlrsI4r5UZEWA",
  ],
  [
    "lab pine only",
    "$argon2id$v=19$m=19456,t=2,p=1$jnXQPBejRgdinUGukSkAuA$eoDZAhnjR07+HCcwEeLkASCeeXU3ARESO1/4zU2g/Yw",
  ],
];
