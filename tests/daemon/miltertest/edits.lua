-- Marks, forged marks, hold and a new body, as an MTA other than Postfix collects them.
dofile(library)
local conn = start()

message(conn, "tag hold unforge", {{"X-Warifu", " forged"}, {"x-warifu", " forged, too"}})
check(mt.getreply(conn) == SMFIR_CONTINUE, "a held mail goes on")
check(mt.eom_check(conn, MT_HDRDELETE, "X-Warifu"), "the forged mark stays")
check(mt.eom_check(conn, MT_HDRADD, "X-Warifu", " tag; ref=T1"), "no mark")
check(mt.eom_check(conn, MT_QUARANTINE, "warifu ref=H1"), "not held")
check(not mt.eom_check(conn, MT_BODYCHANGE), "body changed")

message(conn, "body=20 retype", {{"Content-Type", " text/html"}})
check(mt.getreply(conn) == SMFIR_CONTINUE, "an edited mail goes on")
check(mt.eom_check(conn, MT_BODYCHANGE), "body not changed")
check(mt.eom_check(conn, MT_HDRCHANGE, "Content-Type", " text/plain"), "type not changed")
check(not mt.eom_check(conn, MT_QUARANTINE), "held by the last message's verdict")

mt.disconnect(conn)
