-- wrk: send a body from a file, @ID@ in it replaced by an id that no request had before.
local body, at = "", 0

function init(args)
  local file = io.open(args[1])
  body = file:read("*a")
  file:close()
  at = tonumber(args[2])
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  at = at + 1
  return wrk.format(nil, nil, nil, (body:gsub("@ID@", "bench-" .. string.format("%08d", at))))
end
