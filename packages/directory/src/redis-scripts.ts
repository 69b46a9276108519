/**
 * The two writes of the Redis store, in Lua, since Redis runs a script whole and alone: what it compares cannot change
 * before it has written. A script that fails half-way keeps what it wrote, so each looks at everything first and begins to
 * write only when nothing is left that could be refused.
 * Three keys beside the records: `position` ("TERM REVISION"), `addresses` (every address, in order) and, for a while,
 * `done` of each commit (what became of it), so that a commit that is sent again because its answer was lost is answered
 * as it was the first time. A record is "REVISION CONTENT", its content JSON that no script looks into.
 */
import { createHash } from "node:crypto";
import type { RedisCommands } from "./redis-connection.ts";

interface Script {
  readonly lua: string;
  readonly sha: string;
}

const script = (lua: string): Script => ({ lua, sha: createHash("sha1").update(lua).digest("hex") });

/**
 * KEYS: position. ARGV: term, and 1 where an empty store may be begun. Answers ["taken"], ["stale", term], ["empty"] or
 * ["rubbish", key].
 */
export const takeTermScript = script(`
local found = redis.call('GET', KEYS[1])
if not found and ARGV[2] ~= '1' then return {'empty'} end
local term, revision = string.match(found or '0 0', '^(%d+) (%d+)$')
if not term then return {'rubbish', KEYS[1]} end
if tonumber(term) > tonumber(ARGV[1]) then return {'stale', term} end
if not found or tonumber(term) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. revision) end
return {'taken'}
`);

/**
 * KEYS: position, addresses, done, and the record of each change. ARGV: term, how long `done` is kept in milliseconds, and
 * of each change what it expects, its address and its content. Answers ["committed", revision, and of each change the
 * revision that wrote it, a number, or the record in its way, a string that is empty where there is none], or
 * ["stale", term], or ["rubbish", key].
 */
export const commitScript = script(`
local before = redis.call('GET', KEYS[3])
if before then
  local answer = {'committed'}
  for word in string.gmatch(before, '%d+') do answer[#answer + 1] = word end
  for i = 3, #answer do
    answer[i] = tonumber(answer[i])
    if answer[i] == 0 then answer[i] = redis.call('GET', KEYS[i + 1]) or '' end
  end
  return answer
end

local term, revision = string.match(redis.call('GET', KEYS[1]) or '0 0', '^(%d+) (%d+)$')
if not term then return {'rubbish', KEYS[1]} end
if tonumber(term) ~= tonumber(ARGV[1]) then return {'stale', term} end
local indexed = redis.call('TYPE', KEYS[2]).ok
if indexed ~= 'zset' and indexed ~= 'none' then return {'rubbish', KEYS[2]} end

local answer, done, writes, standing = {'committed', ''}, {''}, {}, {}
for i = 4, #KEYS do
  local key, expected, address, content = KEYS[i], ARGV[3 * i - 9], ARGV[3 * i - 8], ARGV[3 * i - 7]
  local found = standing[key] or redis.call('GET', key) or ''
  local current = found == '' and '0' or string.match(found, '^(%d+) ')
  if not current then return {'rubbish', key} end
  if tonumber(current) == tonumber(expected) then
    revision = revision + 1
    found = string.format('%.0f ', revision) .. content
    writes[#writes + 1] = {key, found, address}
    answer[#answer + 1] = revision
  else
    answer[#answer + 1] = found
  end
  done[#done + 1] = type(answer[#answer]) == 'number' and string.format('%.0f', revision) or '0'
  standing[key] = found
end

answer[2] = string.format('%.0f', revision)
if #writes == 0 then return answer end
done[1] = answer[2]
for _, write in ipairs(writes) do
  redis.call('SET', write[1], write[2])
  redis.call('ZADD', KEYS[2], 0, write[3])
end
redis.call('SET', KEYS[1], term .. ' ' .. answer[2])
redis.call('SET', KEYS[3], table.concat(done, ' '), 'PX', ARGV[2])
return answer
`);

/** Runs a script; one that Redis does not know yet, or no longer, was not run, and is sent whole. */
export async function runScript(
  redis: RedisCommands,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return redis.eval(lua, keys.length, ...keys, ...args);
  }
}
