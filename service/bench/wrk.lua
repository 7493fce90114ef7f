-- What wrk sends and what it prints: with PATH_PREFIX set, PUTs of ever new digests; else plain GETs of its URL. The last line is JSON.
local prefix = os.getenv("PATH_PREFIX")
if prefix then
  local body = os.getenv("BODY")
  local head = "PUT " .. prefix
  local tail = " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer " .. os.getenv("SECRET")
    .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  local count = 0
  request = function()
    count = count + 1
    return head .. string.format("%012x", count) .. tail
  end
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"median":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
