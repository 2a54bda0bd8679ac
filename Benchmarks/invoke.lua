-- For wrk: invokes with an event, and counts answers that are not the event.
wrk.method = "POST"
wrk.body = '{"name":"martlet"}'
wrk.headers["Content-Type"] = "application/json"
local threads = {}
wrong = 0

function setup(thread)
    table.insert(threads, thread)
end

function response(status, headers, body)
    if status ~= 200 or not body:find('"martlet"', 1, true) then
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
