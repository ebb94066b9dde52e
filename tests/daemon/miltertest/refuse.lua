-- Refusals at each answered step, and what the client is told.
dofile(library)
local conn = start()

message(conn, "reject")
check(mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "ref R2"), "reply of the rejection")
message(conn, "defer")
check(mt.eom_check(conn, MT_SMTPREPLY, "451", "4.7.1", "ref D2"), "reply of the deferral")

check(mt.mailfrom(conn, "<reject@example.jp>") == nil, "mailfrom")
check(mt.getreply(conn) == SMFIR_REPLYCODE, "the sender is refused")
check(mt.mailfrom(conn, "<a@example.jp>") == nil, "mailfrom")
check(mt.getreply(conn) == SMFIR_CONTINUE, "the next sender is not")
check(mt.rcptto(conn, "<defer@example.com>") == nil, "rcptto")
check(mt.getreply(conn) == SMFIR_REPLYCODE, "the recipient is deferred")
check(mt.rcptto(conn, "<b@example.com>") == nil, "rcptto")
check(mt.getreply(conn) == SMFIR_CONTINUE, "the next recipient is not")
mt.abort(conn)

message(conn, "")
check(mt.getreply(conn) == SMFIR_CONTINUE, "an ordinary mail passes")
mt.disconnect(conn)
