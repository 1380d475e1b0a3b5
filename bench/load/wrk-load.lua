-- Requests the paths of a file in turn, and prints the results as one line of JSON. With "once" as its second argument,
-- it stops sending when all paths have been requested. wrk itself always waits for the whole duration.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds, microseconds; } timeval;
  int gettimeofday(timeval *, void *);
]])

local function now()
  local time = ffi.new("timeval")
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.seconds) + tonumber(time.microseconds) / 1e6
end

local requests = {}
local next_request = 0
local only_once
local started

function init(arguments)
  for path in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
  only_once = arguments[2] == "once"
  started = now()
end

function request()
  if next_request == #requests then
    if only_once then
      stopped_after = stopped_after or now() - started
      wrk.thread:stop()
      return requests[next_request]
    end
    next_request = 0
  end
  next_request = next_request + 1
  return requests[next_request]
end

-- Runs in another Lua state than `request`, whose global variables it can read.
local thread

function setup(only_thread)
  thread = only_thread
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requestsPerSecond":%.1f,"p50Ms":%.3f,"p99Ms":%.3f,"requests":%d,"failures":%d}\n',
    summary.requests / (thread:get("stopped_after") or summary.duration / 1e6),
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    summary.requests,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
