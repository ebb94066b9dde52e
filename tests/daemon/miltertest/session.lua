-- Aborts, abrupt ends and several connections.
dofile(library)
local conn = start()

for _ = 1, 3 do
  check(mt.mailfrom(conn, "<a@example.jp>") == nil, "mailfrom")
  check(mt.rcptto(conn, "<b@example.com>") == nil, "rcptto")
  check(mt.abort(conn) == nil, "abort")
  message(conn, "")
  check(mt.getreply(conn) == SMFIR_CONTINUE, "a message after an abort")
end

local other = mt.connect(address)
check(mt.conninfo(other, "other.example", "unspec") == nil, "conninfo")
check(mt.mailfrom(other, "<a@example.jp>") == nil, "mailfrom")
mt.disconnect(other, false)

local probe = mt.connect(address)
mt.disconnect(probe, false)

message(conn, "")
check(mt.getreply(conn) == SMFIR_CONTINUE, "a message after others' abrupt ends")
mt.disconnect(conn)
