-- one query, sent by POST as a form; the first argument is the file with the encoded form, the second "new" to send
-- another text each time (a comment with a number), so that no server can answer from a cache
local form, number

local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("thread", threads)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  form = file:read("*a")
  file:close()
  number = arguments[2] == "new" and os.time() * 1e5 + thread * 1e15
  wrk.method = "POST"
  wrk.body = form
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.headers["Accept"] = "application/sparql-results+json"
end

function request()
  if number then
    number = number + 1
    wrk.body = string.format("%s%%0A%%23%.0f", form, number)
  end
  return wrk.format()
end
