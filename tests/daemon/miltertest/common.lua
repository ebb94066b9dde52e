-- What the scripts share. Variables set on the command line: filter (the program), address
-- (unix:/path), library (this file).

function check(good, what)
  if not good then
    mt.echo("FAILED: " .. what)  -- miltertest does not show what error() says
    error(what, 2)
  end
end

function start()
  mt.startfilter(filter, "--socket", address)
  local conn = mt.connect(address, 600, 0.05)  -- 30 s: the machine may be busy
  check(conn ~= nil, "no connection to " .. address)
  check(mt.conninfo(conn, "client.example", "192.0.2.1") == nil, "conninfo")
  check(mt.helo(conn, "client.example") == nil, "helo")
  return conn
end

-- Sends all but the end of a message; returns the reply to MAIL where that refused.
function message(conn, words, fields)
  mt.macro(conn, SMFIC_MAIL, "{daemon_name}", "smtpd")
  check(mt.mailfrom(conn, "<a@example.jp>") == nil, "mailfrom")
  check(mt.getreply(conn) == SMFIR_CONTINUE, "mailfrom reply")
  mt.macro(conn, SMFIC_RCPT, "i", "4QID")
  check(mt.rcptto(conn, "<b@example.com>") == nil, "rcptto")
  check(mt.getreply(conn) == SMFIR_CONTINUE, "rcptto reply")
  check(mt.header(conn, "From", " a@example.jp") == nil, "header")
  check(mt.header(conn, "X-Test", " " .. words) == nil, "header")
  for _, field in ipairs(fields or {}) do
    check(mt.header(conn, field[1], field[2]) == nil, "header")
  end
  check(mt.bodystring(conn, "hello\r\n") == nil, "body")
  check(mt.eom(conn) == nil, "eom")
end
