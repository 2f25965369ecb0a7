/**
 * The transitions as Lua: Redis runs a script alone, so each is one atomic step. All keys begin with KEYS[1], whose
 * hash tag puts them in one slot of a cluster; approvals are few, and a transition touches the request and its indexes.
 *
 *   <base>:request:<id>   hash: draft, seal, digest, quorum, deadline, place, agent, state, changedAt,
 *                         escalatedAt, note, outcome, claim, count, votes, decision:<n> (JSON), approver:<e-mail>
 *   <base>:all            sorted set of places (creation time and id), all of score 0, hence in the order of time
 *   <base>:state:<state>  the same, by state
 *   <base>:due            place by deadline, of those pending or approved
 *   <base>:escalating     place by the time to escalate, of those pending that haven't yet
 *   <base>:changed        place by the time of the last change
 *   <base>:ended          place by the time after which it is forgotten
 *   <base>:digests        hash: digest to id, of deferred requests that are pending or approved
 *   <base>:deferred:<agent>  place by deadline, of deferred requests that are pending or approved
 *   <base>:<shelf>        hash: signer and name to the last signed record (freezes: of an agent; sign-outs: of a person or sign-in; proofs: of a person)
 *   <base>:<shelf>:over   name by the time after which its record is forgotten
 *   <base>:lease:<name>   who has it, for as long as they have it
 *   <base>:bookmarks      hash: reader to time
 *   <base>:spent:<account>  hash: minute to rows, of the last hour
 *   <base>:changes        channel: "<id> <state>", or "<shelf> changed"
 *
 * Time is the server's own (TIME); scripts that read it and write need Redis 5 or later, as they replicate by effect.
 */
const PRELUDE = `
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local STATES = {'pending', 'approved', 'denied', 'expired', 'withdrawn', 'released', 'finished', 'failed'}

local function request(id) return base .. ':request:' .. id end
local function deferred(agent) return base .. ':deferred:' .. agent end
local function id_of(place) return string.sub(place, 17) end
local function waits(state) return state == 'pending' or state == 'approved' end

-- Enters a state, keeps the indexes and tells everybody. What no longer waits is forgotten after RETAIN.
local function enter(id, from, to)
  local key = request(id)
  local place = redis.call('HGET', key, 'place')
  if from then redis.call('ZREM', base .. ':state:' .. from, place) end
  redis.call('ZADD', base .. ':state:' .. to, 0, place)
  redis.call('ZADD', base .. ':changed', now, place)
  redis.call('HSET', key, 'state', to, 'changedAt', now)
  if to ~= 'pending' then redis.call('ZREM', base .. ':escalating', place) end
  if not waits(to) then
    local retain = tonumber(redis.call('HGET', key, 'retain'))
    local digest = redis.call('HGET', key, 'digest')
    if redis.call('HGET', base .. ':digests', digest) == id then redis.call('HDEL', base .. ':digests', digest) end
    redis.call('ZREM', base .. ':due', place)
    redis.call('ZREM', deferred(redis.call('HGET', key, 'agent')), place)
    redis.call('ZADD', base .. ':ended', now + retain, place)
    redis.call('PEXPIRE', key, retain)
  end
  redis.call('PUBLISH', base .. ':changes', id .. ' ' .. to)
end

-- The state as it is now: what is past its time becomes expired by being looked at.
local function state_of(id)
  local found = redis.call('HMGET', request(id), 'state', 'deadline')
  local state = found[1]
  if not state then return nil end
  if waits(state) and tonumber(found[2]) <= now then
    enter(id, state, 'expired')
    return 'expired'
  end
  return state
end

local function row(id) return {id, redis.call('HGETALL', request(id))} end

local function sweep(most)
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', base .. ':due', '-inf', now, 'LIMIT', 0, most)) do
    if not waits(state_of(id_of(place))) then redis.call('ZREM', base .. ':due', place) end
  end
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', base .. ':ended', '-inf', now, 'LIMIT', 0, most)) do
    redis.call('DEL', request(id_of(place)))
    for _, state in ipairs(STATES) do redis.call('ZREM', base .. ':state:' .. state, place) end
    for _, index in ipairs({'all', 'changed', 'ended', 'due'}) do redis.call('ZREM', base .. ':' .. index, place) end
  end
end
`;

/** ARGV: id, place, milliseconds left, milliseconds to retain, draft, seal, digest, mode, quorum, agent, deferred requests per agent, milliseconds until it escalates or ''. Answers [id, fields], or [] for one too many. */
const OPEN = `
local id, place, left, retain, draft, seal, digest, mode, quorum, agent, most, escalates = unpack(ARGV)
if state_of(id) then return row(id) end
local deadline = now + tonumber(left)
if mode == 'deferred' then
  local other = redis.call('HGET', base .. ':digests', digest)
  if other and waits(state_of(other)) then return row(other) end
  redis.call('ZREMRANGEBYSCORE', deferred(agent), '-inf', now)
  if redis.call('ZCARD', deferred(agent)) >= tonumber(most) then return {} end
  redis.call('ZADD', deferred(agent), deadline, place)
  redis.call('HSET', base .. ':digests', digest, id)
end
redis.call('HSET', request(id), 'draft', draft, 'seal', seal, 'digest', digest, 'quorum', quorum,
  'deadline', deadline, 'place', place, 'retain', retain, 'agent', agent, 'count', 0, 'votes', 0)
redis.call('PEXPIREAT', request(id), math.max(deadline, now) + tonumber(retain))
redis.call('ZADD', base .. ':all', 0, place)
redis.call('ZADD', base .. ':due', deadline, place)
if escalates ~= '' then redis.call('ZADD', base .. ':escalating', now + tonumber(escalates), place) end
enter(id, nil, 'pending')
return row(id)
`;

/** ARGV: id. Answers [id, fields], empty fields for an unknown one. */
const GET = `
state_of(ARGV[1])
return row(ARGV[1])
`;

/** ARGV: digest. Answers [id, fields] or nothing. */
const FIND = `
local id = redis.call('HGET', base .. ':digests', ARGV[1])
if id and waits(state_of(id)) then return row(id) end
return false
`;

/** ARGV: state or '', limit, id of the one before or ''. Answers ids. */
const LIST = `
local state, limit, before = unpack(ARGV)
sweep(1000)
local from = '+'
if before ~= '' then
  local place = redis.call('HGET', request(before), 'place')
  if not place then return {} end
  from = '(' .. place
end
local index = state == '' and ':all' or ':state:' .. state
local ids = {}
for n, place in ipairs(redis.call('ZREVRANGEBYLEX', base .. index, from, '-', 'LIMIT', 0, limit)) do ids[n] = id_of(place) end
return ids
`;

/** ARGV: time, limit. Answers ids. */
const CHANGED = `
sweep(1000)
local ids = {}
for n, place in ipairs(redis.call('ZRANGEBYSCORE', base .. ':changed', ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])) do ids[n] = id_of(place) end
return ids
`;

/** ARGV: ids. Answers states, nil for unknown ones. */
const STATES = `
local states = {}
for n, id in ipairs(ARGV) do states[n] = state_of(id) or false end
return states
`;

/** ARGV: id, the signed decision as JSON, approve or deny, the person, 1 if they break the glass. Answers ['ok', [id, fields]] or [why]. */
const DECIDE = `
local id, signed, decision, person, breaks = unpack(ARGV)
local key = request(id)
local state = state_of(id)
if not state then return {'not_found'} end
for n = 1, tonumber(redis.call('HGET', key, 'count')) do
  if redis.call('HGET', key, 'decision:' .. n) == signed then return {'ok', row(id)} end
end
if state == 'expired' then return {'expired'} end
if state ~= 'pending' then return {'already_decided'} end
local approves = decision == 'approve'
local first = approves and redis.call('HSETNX', key, 'approver:' .. person, 1) == 1
if approves and not first and breaks ~= '1' then return {'already_voted'} end
redis.call('HSET', key, 'decision:' .. redis.call('HINCRBY', key, 'count', 1), signed)
local to = 'denied'
if approves then
  local votes = redis.call('HINCRBY', key, 'votes', first and 1 or 0)
  to = (breaks == '1' or votes >= tonumber(redis.call('HGET', key, 'quorum'))) and 'approved' or 'pending'
end
enter(id, state, to)
return {'ok', row(id)}
`;

/** ARGV: id, the new state, note or '', outcome or '', claim or '', then the states it may start from. Answers 1 or 0. */
const MOVE = `
local id, to, note, outcome, claim = unpack(ARGV, 1, 5)
local key = request(id)
local state = state_of(id)
if to == 'released' and claim ~= '' and redis.call('HGET', key, 'claim') == claim then return 1 end
for n = 6, #ARGV do
  if ARGV[n] == state then
    if note ~= '' then redis.call('HSET', key, 'note', note) end
    if outcome ~= '' then redis.call('HSET', key, 'outcome', outcome) end
    if claim ~= '' then redis.call('HSET', key, 'claim', claim) end
    enter(id, state, to)
    return 1
  end
end
return 0
`;

/** Answers [id, fields] or nothing. */
const ESCALATE = `
for _, place in ipairs(redis.call('ZRANGEBYSCORE', base .. ':escalating', '-inf', now, 'LIMIT', 0, 1000)) do
  redis.call('ZREM', base .. ':escalating', place)
  local id = id_of(place)
  if state_of(id) == 'pending' then
    redis.call('HSET', request(id), 'escalatedAt', now)
    enter(id, 'pending', 'pending')
    return row(id)
  end
end
return false
`;

/** Answers nothing of interest. */
const SWEEP = `
sweep(1000)
return 1
`;

/** ARGV: shelf, name, record, milliseconds to keep it or ''. */
const PUT_RECORD = `
local shelf, name, record, left = unpack(ARGV)
local key = base .. ':' .. shelf
redis.call('HSET', key, name, record)
if left == '' then redis.call('ZREM', key .. ':over', name) else redis.call('ZADD', key .. ':over', now + left, name) end
redis.call('PUBLISH', base .. ':changes', shelf .. ' changed')
return 1
`;

/** ARGV: shelf. Answers the records. */
const RECORDS = `
local key = base .. ':' .. ARGV[1]
for _, name in ipairs(redis.call('ZRANGEBYSCORE', key .. ':over', '-inf', now)) do redis.call('HDEL', key, name) end
redis.call('ZREMRANGEBYSCORE', key .. ':over', '-inf', now)
return redis.call('HVALS', key)
`;

/** ARGV: name, holder, milliseconds. Answers 1 or 0. */
const LEASE = `
local key = base .. ':lease:' .. ARGV[1]
local holder = redis.call('GET', key)
if holder and holder ~= ARGV[2] then return 0 end
if tonumber(ARGV[3]) > 0 then redis.call('SET', key, ARGV[2], 'PX', ARGV[3]) else redis.call('DEL', key) end
return 1
`;

/** ARGV: reader, time. Answers the later of it and what was there, as text. */
const BOOKMARK = `
local there = redis.call('HGET', base .. ':bookmarks', ARGV[1]) or '0'
if tonumber(ARGV[2]) <= tonumber(there) then return there end
redis.call('HSET', base .. ':bookmarks', ARGV[1], ARGV[2])
return ARGV[2]
`;

/** ARGV: account, rows, limit. Answers how many of them it gets. The same as hour-window.ts. */
const SPEND = `
local key, rows, limit = base .. ':spent:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local minute = math.floor(now / 60000)
local minutes = redis.call('HGETALL', key)
local spent = 0
for n = 1, #minutes, 2 do
  if tonumber(minutes[n]) <= minute - 60 then redis.call('HDEL', key, minutes[n]) else spent = spent + tonumber(minutes[n + 1]) end
end
spent = math.max(0, spent)
local granted = rows < 0 and math.max(rows, -spent) or math.max(0, math.min(rows, limit - spent))
if granted ~= 0 then
  redis.call('HINCRBY', key, minute, granted)
  redis.call('PEXPIRE', key, 3660000)
end
return granted
`;

/** ARGV: account. Answers nothing of interest. */
const RENEW = `
redis.call('DEL', base .. ':spent:' .. ARGV[1])
return 1
`;

const script = (lua: string) => ({ numberOfKeys: 1, lua: PRELUDE + lua });

/** By the name of the command that runs it. */
export const SCRIPTS = {
  countersignOpen: script(OPEN), countersignGet: script(GET), countersignFind: script(FIND), countersignList: script(LIST),
  countersignChanged: script(CHANGED), countersignStates: script(STATES), countersignDecide: script(DECIDE),
  countersignMove: script(MOVE), countersignEscalate: script(ESCALATE), countersignSweep: script(SWEEP), countersignPutRecord: script(PUT_RECORD),
  countersignRecords: script(RECORDS), countersignLease: script(LEASE), countersignBookmark: script(BOOKMARK), countersignSpend: script(SPEND),
  countersignRenew: script(RENEW),
} as const;

export type ScriptName = keyof typeof SCRIPTS;
