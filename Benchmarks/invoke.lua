-- For wrk: invokes with an event, and counts answers that are not the event. Its argument is a file with a table of requests
-- (path and headers); with several each request is for a random one of them.
wrk.method = "POST"
wrk.body = '{"name":"martlet"}'
local threads = {}
local requests = {}
wrong = 0

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    for _, one in ipairs(dofile(arguments[1])) do
        table.insert(requests, wrk.format("POST", one.path, one.headers, wrk.body))
    end
    math.randomseed(1)
end

function request()
    return requests[#requests == 1 and 1 or math.random(#requests)]
end

function response(status, headers, body)
    -- An event that is queued has no answer but its status.
    local queued = status == 202 and #body == 0
    if not queued and (status ~= 200 or not body:find('"martlet"', 1, true)) then
        wrong = wrong + 1
    end
end

function done(summary, latency, requests)
    local sum = 0
    for _, thread in ipairs(threads) do
        sum = sum + thread:get("wrong")
    end
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "wrong": %d, "errors": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, sum,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
