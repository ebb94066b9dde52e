// The rows of bind, account, incident, breaker and store in the command table.
#include "cli/handlers.h"
#include "cli/run.h"

namespace warifu::cli {
namespace {

#define SOCKET {"socket", "PATH", "control socket to use instead of the configured one"}
#define LIMIT {"limit", "NUMBER", "how many at most (default 100)"}
#define REF {"ref", "TEXT", "ticket or call that this rests on"}
#define WHY {"why", "TEXT", "reason, for the history"}
#define UNTIL {"until", "TIME", "until then: 2026-12-31 or '2026-12-31 18:00'"}
#define FOR {"for", "SPAN", "for so long: 90s, 15m, 24h, 30d, 2w"}

constexpr Option kShow[] = {{"limit", "NUMBER", "how many rows of each kind at most"}, SOCKET};
constexpr Option kImport[] = {
    {"max-unexplained", "NUMBER", "refuse above so many swaps, instead of the configured number"},
    {"dispute", "", "mark swapped addresses as disputed"},
    {"moves", "FILE", "write the swaps there as lines for warifu bind announce --file"},
    REF,
    WHY,
};
constexpr Option kAudit[] = {
    {"dispute", "", "mark swapped addresses as disputed"},
    {"moves", "FILE", "write the swaps there as lines for warifu bind announce --file"},
    REF,
    WHY,
};
constexpr Option kAnnounce[] = {
    {"from", "ACCOUNT", "owner until now; left out: nobody, or whoever it is"},
    {"to", "ACCOUNT", "owner from now on; - where the address is given up"},
    {"file", "FILE", "lines of ADDRESS FROM TO [REFERENCE], - for none; all or none are taken"},
    REF,
    {"valid", "SPAN", "how long the move may take: 90s, 15m, 24h, 30d (default 24h)"},
    {"until", "TIME", "the same as a time: 2026-12-31 or '2026-12-31 18:00'"},
    SOCKET,
};
constexpr Option kWithdraw[] = {REF, SOCKET};
constexpr Option kGrant[] = {UNTIL, FOR, REF, SOCKET};
constexpr Option kRevoke[] = {REF, SOCKET};
constexpr Option kResolve[] = {
    {"owner", "ACCOUNT", "whose address it is"},
    {"ref", "TEXT", "ticket or call that this rests on; needed"},
    WHY,
    SOCKET,
};
constexpr Option kChanges[] = {
    {"state", "open|used|expired|withdrawn", "changes of this state (default open)"},
    LIMIT,
    SOCKET,
};
constexpr Option kList[] = {LIMIT, SOCKET};
constexpr Option kLock[] = {
    {"reason", "TEXT", "why, for whoever finds the lock; needed unless each line has one"},
    {"file", "FILE", "lines of ACCOUNT [REASON]; all or none are taken"},
    {"scope", "send|receive|both", "what is locked (default both)"},
    UNTIL,
    FOR,
    REF,
    SOCKET,
};
constexpr Option kAccounts[] = {
    {"locked", "", "those that are locked"},
    {"with-notice", "NOTICE", "those that a notice of this id has named"},
    {"since", "TIME", "notices from then on: 2026-12-31, or 24h for the last day"},
    LIMIT,
    SOCKET,
};
constexpr Option kUnlock[] = {
    {"file", "FILE", "lines of ACCOUNT; all or none are taken"}, REF, WHY, SOCKET};
constexpr Option kRename[] = {
    {"file", "FILE", "lines of OLD NEW; all or none are taken"}, REF, WHY, SOCKET};
constexpr Option kHistory[] = {
    {"since", "TIME", "from then on: 2026-12-31, or 24h for the last day"}, LIMIT, SOCKET};
constexpr Option kErase[] = {
    {"yes", "", "really do it"},
    {"ref", "TEXT", "who asked for this; needed, since it alone leads to the record"},
    SOCKET,
};
constexpr Option kIncidents[] = {
    {"open", "", "those alone that nobody has dealt with"},
    {"since", "TIME", "from then on: 2026-12-31, or 24h for the last day"},
    LIMIT,
    SOCKET,
};
constexpr Option kRelease[] = {
    WHY,
    {"all", "", "release all where an account or address has several"},
    {"config-directory", "PATH", "folder of Postfix's main.cf instead of the configured one"},
    {"sendmail", "FILE", "sendmail.cf of the Sendmail that holds it"},
    SOCKET,
};
constexpr Option kClose[] = {WHY, SOCKET};
constexpr Option kBreakerStatus[] = {SOCKET};
constexpr Option kBreakerOpen[] = {
    {"reason", "TEXT", "why, for whoever finds it; needed"}, UNTIL, FOR, REF, SOCKET};
constexpr Option kBreakerClose[] = {REF, WHY, SOCKET};
constexpr Option kStoreCheck[] = {{"deep", "", "read the whole store, too"}};
constexpr Option kPrune[] = {{"older", "SPAN", "age instead of the configured one: 400d"}};

#undef SOCKET
#undef LIMIT
#undef REF
#undef WHY
#undef UNTIL
#undef FOR

constexpr Command kRows[] = {
    {"bind show", "ADDRESS", 1, 1, "show whose an address is, and what is wrong with it",
     "Compares the live directory with the proven owner and ends with what to type next. Without a "
     "running daemon the directory is not asked.",
     kShow, RunBindShow},
    {"bind audit", "[FILE]", 0, 1, "compare the whole directory with the proven owners",
     "Reads the configured directory, or the table FILE, and says what is new, gone, explained by "
     "an announced change, doubled, and swapped: of another owner than the proven one. Writes "
     "nothing to the ledger.",
     kAudit, RunBindAudit},
    {"bind import", "[FILE]", 0, 1, "take the whole directory over as proven",
     "The same comparison; then new addresses are enrolled, explained moves are carried out, and "
     "those gone are marked released, all or none. A swapped address is never taken over; more of "
     "them than import.max_unexplained refuse the whole import.",
     kImport, RunBindImport},
    {"bind announce", "[ADDRESS]", 0, 1, "announce that an address moves to another account",
     "Announced changes explain a new owner once, until they run out.", kAnnounce, RunBindAnnounce},
    {"bind withdraw", "ADDRESS", 1, 1, "take announced changes of an address back", "", kWithdraw,
     RunBindWithdraw},
    {"bind changes", "[ADDRESS]", 0, 1, "list announced changes", "", kChanges, RunBindChanges},
    {"bind disputes", "", 0, 0, "list disputed addresses", "", kList, RunBindDisputes},
    {"bind resolve", "ADDRESS", 1, 1, "end a dispute by naming the owner",
     "The word of a person: it makes the owner the proven one, whatever was disputed.", kResolve,
     RunBindResolve},
    {"bind grant", "ACCOUNT TARGET", 2, 2, "let an account send as an address, @domain or *",
     "A standing right for what the account does not own: a shared mailbox, a list server.", kGrant,
     RunBindGrant},
    {"bind revoke", "ACCOUNT TARGET", 2, 2, "take a grant back", "", kRevoke, RunBindRevoke},
    {"account lock", "[ACCOUNT...]", 0, -1, "lock accounts: no mail from them, no secrets to them",
     "Works from the next mail on, in sessions that are open already, too.", kLock, RunAccountLock},
    {"account unlock", "[ACCOUNT...]", 0, -1, "unlock accounts", "", kUnlock, RunAccountUnlock},
    {"account list", "", 0, 0, "list and count accounts that are locked or had a notice",
     "With both options, those that are locked and had the notice: of a list of abused accounts, "
     "the ones on which something was done. A notice counts from when it came by, whatever became "
     "of the mail.",
     kAccounts, RunAccountList},
    {"account rename", "[OLD NEW]", 0, 2, "move all that an account has to its new name", "",
     kRename, RunAccountRename},
    {"account show", "ACCOUNT", 1, 1, "show an account: locks, grants, addresses, incidents", "",
     kShow, RunAccountShow},
    {"account history", "ACCOUNT", 1, 1, "list what happened to an account", "", kHistory,
     RunAccountHistory},
    {"account erase", "ACCOUNT", 1, 1, "erase all about an account, on its owner's request", "",
     kErase, RunAccountErase},
    {"incident list", "", 0, 0, "list mail that was held, deferred or refused, and disputes", "",
     kIncidents, RunIncidentList},
    {"incident show", "REF|QUEUEID|ACCOUNT|ADDRESS", 1, 1, "show incidents and what to do", "",
     kShow, RunIncidentShow},
    {"incident release", "REF|QUEUEID|ACCOUNT|ADDRESS...", 1, -1, "let held mail go",
     "Finds the mail in Postfix's hold queue or in Sendmail's quarantine and releases it; it is "
     "not "
     "held again. Who, when and why is recorded. Needs root, on the gateway that holds the mail.",
     kRelease, RunIncidentRelease},
    {"incident close", "REF...", 1, -1, "mark incidents as dealt with", "", kClose,
     RunIncidentClose},
    {"breaker status", "", 0, 0, "list open breakers", "", kBreakerStatus, RunBreakerStatus},
    {"breaker open", "SCOPE", 1, 1, "stop mail of account:NAME, domain:NAME or all", "",
     kBreakerOpen, RunBreakerOpen},
    {"breaker close", "SCOPE", 1, 1, "let mail of the scope pass again", "", kBreakerClose,
     RunBreakerClose},
    {"store check", "", 0, 0, "check the store and count what it holds", "", kStoreCheck,
     RunStoreCheck},
    {"store backup",
     "PATH",
     1,
     1,
     "write a copy of the store while it is in use",
     "The file is written by the user that the store belongs to, so it needs a folder that this "
     "user may write to. PostgreSQL has pg_dump for this.",
     {},
     RunStoreBackup},
    {"store prune", "", 0, 0, "remove old history, settled incidents and changes",
     "The record of proven owners stays.", kPrune, RunStorePrune},
};

}  // namespace

std::span<const Command> LedgerRows() {
  return kRows;
}

}  // namespace warifu::cli
