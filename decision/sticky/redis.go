package sticky

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"readout/decision"
)

// Redis is a store that several processes share. Assignments are hashes of a visitor, with a
// field per experiment; exposures are a list per process.
//
// What was answered survives the loss of Redis' machine if it appends every write to its log
// at once (appendonly yes, appendfsync always); otherwise the last second may be lost.
type Redis struct {
	client *redis.Client
	prefix string // of keys; in braces, so that a cluster keeps them together
	queue  string // key of the exposures of this process
	batch  string // key of its batch under way: a hash of name and length
	owner  string // key of the name of the project whose store this is

	instance  string // name of this process
	instances string // key of a hash: when every instance was last heard of, in seconds since 1970
}

// RedisOptions says how a store is opened.
type RedisOptions struct {
	// Project separates the stores of several projects in one database.
	Project string
	// Instance names this process. It is the same after a restart, so that what is still
	// queued is found, and no other process has it at the same time.
	Instance string
}

// redisTimeout is how long an answer of Redis may take.
const redisTimeout = 2 * time.Second

// commitScript makes the changes of one visitor, all or none: KEYS are the visitor and the
// queue, ARGV for each change the experiment, the assignment before and after, and the
// exposure or nothing. It returns the positions of those that were lost and what is there
// instead.
var commitScript = redis.NewScript(`
local lost = {}
for i = 1, #ARGV, 4 do
  local now = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  if now ~= ARGV[i+1] then
    lost[#lost+1] = tostring((i-1)/4)
    lost[#lost+1] = now
  end
end
if #lost > 0 then return lost end
for i = 1, #ARGV, 4 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i+2])
  if ARGV[i+3] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[i+3]) end
end
return lost
`)

// batchScript returns the name of the batch under way and its exposures, and begins one when
// there is none. KEYS are the queue and the batch; ARGV are the largest length of a new one,
// its name, and the size in bytes with which it is full.
var batchScript = redis.NewScript(`
local name = redis.call('HGET', KEYS[2], 'name')
local length = tonumber(redis.call('HGET', KEYS[2], 'length') or '0')
if not name then
  name = ARGV[2]
  length = math.min(redis.call('LLEN', KEYS[1]), tonumber(ARGV[1]))
  if length == 0 then return {} end
  local size = 0
  for i, row in ipairs(redis.call('LRANGE', KEYS[1], 0, length - 1)) do
    size = size + #row
    if size >= tonumber(ARGV[3]) then
      length = i
      break
    end
  end
  redis.call('HSET', KEYS[2], 'name', name, 'length', length)
end
return {name, redis.call('LRANGE', KEYS[1], 0, length - 1)}
`)

// doneScript removes the batch under way if it has the name ARGV.
var doneScript = redis.NewScript(`
if redis.call('HGET', KEYS[2], 'name') ~= ARGV[1] then return 0 end
redis.call('LTRIM', KEYS[1], redis.call('HGET', KEYS[2], 'length'), -1)
redis.call('DEL', KEYS[2])
return 1
`)

// OpenRedis connects to the Redis of an address such as redis://host:6379/0.
func OpenRedis(ctx context.Context, address string, o RedisOptions) (*Redis, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		// The address may hold a password.
		return nil, errors.New("decision store: the address is not redis://[user:password@]host:port/db")
	}
	options.ReadTimeout, options.WriteTimeout, options.DialTimeout = redisTimeout, redisTimeout, redisTimeout
	// A retried commit finds its own change made, and counts it as lost.
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DisableIdentity = true
	// The client has a log of its own, for the whole process and not of JSON lines. What it
	// says there is in the errors of the calls as well.
	logging.Disable()
	prefix := "{readout:" + o.Project + "}:"
	s := &Redis{
		client: redis.NewClient(options), prefix: prefix,
		queue: prefix + queueOf + o.Instance, batch: prefix + "batch:" + o.Instance, owner: prefix + "project",
		instance: o.Instance, instances: prefix + "instances",
	}
	if err := s.client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("open decision store %s: %w", options.Addr, err), s.client.Close())
	}
	return s, nil
}

// Claim makes the store that of a project, and returns an error if it is another one's: they would
// remember visitors of experiments of one name together, and the exposures of one process would go
// into the log of the other. Where Redis does not tell, or takes nothing, there is no error.
func (s *Redis) Claim(ctx context.Context, project string) error {
	if err := s.client.SetNX(ctx, s.owner, project, 0).Err(); err != nil {
		return nil
	}
	owner, err := s.client.Get(ctx, s.owner).Result()
	if err != nil || owner == project {
		return nil
	}
	return fmt.Errorf("decision store: this namespace is that of project %s, and each project needs one of its own; if that is what %s was called before, delete the key %s in Redis",
		owner, project, s.owner)
}

// AppendsAlways reports whether Redis appends every write to its log at once; not known where
// it does not tell.
func (s *Redis) AppendsAlways(ctx context.Context) (always, known bool) {
	only, err := s.client.ConfigGet(ctx, "appendonly").Result()
	if err != nil {
		return false, false
	}
	sync, err := s.client.ConfigGet(ctx, "appendfsync").Result()
	if err != nil {
		return false, false
	}
	return only["appendonly"] == "yes" && sync["appendfsync"] == "always", true
}

// Evicts reports whether Redis drops keys of any kind when its memory is full, and visitors with
// them; not known where it does not tell.
func (s *Redis) Evicts(ctx context.Context) (evicts, known bool) {
	most, err := s.client.ConfigGet(ctx, "maxmemory").Result()
	if err != nil {
		return false, false
	}
	policy, err := s.client.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil {
		return false, false
	}
	return most["maxmemory"] != "0" && strings.HasPrefix(policy["maxmemory-policy"], "allkeys-"), true
}

// Get implements [decision.Store].
func (s *Redis) Get(ctx context.Context, id string, experiments []string, into []decision.Assignment) error {
	if len(experiments) == 0 {
		return nil
	}
	values, err := s.client.HMGet(ctx, s.visitor(id), experiments...).Result()
	if err != nil {
		return fmt.Errorf("read decision store: %w", err)
	}
	for i, v := range values {
		into[i] = decision.Assignment{}
		text, ok := v.(string)
		if !ok {
			continue
		}
		if into[i], err = decision.ParseAssignment([]byte(text)); err != nil {
			return fmt.Errorf("read decision store: %w", err)
		}
	}
	return nil
}

// Commit implements [decision.Store].
func (s *Redis) Commit(ctx context.Context, changes []decision.Change) (lost []int, err error) {
	return commitByVisitor(changes, func(these []decision.Change) ([]int, error) { return s.commit(ctx, these) })
}

// commit makes the changes of one visitor.
func (s *Redis) commit(ctx context.Context, changes []decision.Change) (lost []int, err error) {
	args := make([]any, 0, 4*len(changes))
	for _, c := range changes {
		before, row := []byte{}, []byte{}
		if !c.Before.Equal(decision.Assignment{}) {
			before = c.Before.Append(before)
		}
		if c.Exposure != nil {
			row = appendRow(row, c.Exposure)
		}
		args = append(args, c.Experiment, before, c.After.Append(nil), row)
	}
	reply, err := commitScript.Run(ctx, s.client, []string{s.visitor(changes[0].ID), s.queue}, args...).StringSlice()
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(reply); i += 2 {
		position, err := strconv.Atoi(reply[i])
		if err != nil || position < 0 || position >= len(changes) {
			return nil, fmt.Errorf("unexpected answer %q", reply[i])
		}
		changes[position].Before = decision.Assignment{}
		if reply[i+1] != "" {
			if changes[position].Before, err = decision.ParseAssignment([]byte(reply[i+1])); err != nil {
				return nil, err
			}
		}
		lost = append(lost, position)
	}
	return lost, nil
}

// Batch implements [decision.Store].
func (s *Redis) Batch(ctx context.Context, limit int) (string, []decision.Exposure, error) {
	reply, err := batchScript.Run(ctx, s.client.WithTimeout(batchTimeout), []string{s.queue, s.batch}, limit, newBatchName(), maxBatchBytes).Slice()
	if err != nil {
		return "", nil, readError(err)
	}
	if len(reply) == 0 {
		return "", nil, nil
	}
	name, rows, err := parseBatch(reply)
	if err != nil {
		return "", nil, readError(err)
	}
	return name, rows, nil
}

// parseBatch reads the answer of batchScript.
func parseBatch(reply []any) (name string, rows []decision.Exposure, err error) {
	if len(reply) != 2 {
		return "", nil, errRow
	}
	name, okName := reply[0].(string)
	texts, okTexts := reply[1].([]any)
	if !okName || !okTexts || name == "" {
		return "", nil, errRow
	}
	rows = make([]decision.Exposure, len(texts))
	for i, v := range texts {
		text, _ := v.(string)
		if rows[i], err = parseRow([]byte(text)); err != nil {
			return "", nil, err
		}
	}
	return name, rows, nil
}

// Done implements [decision.Store].
func (s *Redis) Done(ctx context.Context, name string) error {
	done, err := doneScript.Run(ctx, s.client, []string{s.queue, s.batch}, name).Int()
	if err != nil {
		return fmt.Errorf("write decision store: %w", err)
	}
	if done != 1 {
		return fmt.Errorf("%w: another process may have taken it, each needs an instance name of its own", notUnderWay(name))
	}
	return nil
}

// Queued implements [decision.Store].
func (s *Redis) Queued(ctx context.Context) (int, error) {
	n, err := s.client.LLen(ctx, s.queue).Result()
	if err != nil {
		return 0, readError(err)
	}
	return int(n), nil
}

// Close implements [decision.Store].
func (s *Redis) Close() error { return s.client.Close() }

func (s *Redis) visitor(id string) string { return s.prefix + "visitor:" + id }

// queueOf begins the keys of queues, behind the prefix of all keys.
const queueOf = "queue:"

// batchTimeout is how long a batch may take to arrive, which has up to 32 MiB: in redisTimeout it
// would not over a network of 100 megabits a second, nor at any later try.
const batchTimeout = 20 * time.Second
