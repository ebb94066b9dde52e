#include "daemon/adapter.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <syslog.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "base/redact.h"
#include "daemon/session.h"

namespace warifu::daemon {
namespace {

// libmilter's callbacks carry nothing of ours before the first smfi_setpriv().
AdapterContext g_context;

// What the last connection agreed on, for connections that begin without a negotiation (below).
std::atomic<Features> g_last_features;

// What a connection keeps in libmilter's private pointer.
struct Connection {
  explicit Connection(const Features& agreed)
      : session(*g_context.inspector, *g_context.traffic, *g_context.keep_alive), features(agreed) {
    session.set_leading_space(agreed.leading_space);
    session.set_own_macros(agreed.own_macros);
  }
  Session session;
  Features features;
};

// libmilter's functions take char* but do not write through it.
char* Unconst(const std::string& text) {
  return const_cast<char*>(text.c_str());
}

class Mta final : public MtaActions {
 public:
  explicit Mta(SMFICTX* ctx) : ctx_(ctx) {}

  std::string Macro(const char* name) override {
    const char* value = smfi_getsymval(ctx_, const_cast<char*>(name));
    return value != nullptr ? value : "";
  }
  bool SetReply(const SmtpReply& reply) override {
    return smfi_setreply(ctx_, Unconst(reply.code), Unconst(reply.enhanced), Unconst(reply.text)) ==
           MI_SUCCESS;
  }
  bool AddHeader(const std::string& name, const std::string& value) override {
    return smfi_addheader(ctx_, Unconst(name), Unconst(value)) == MI_SUCCESS;
  }
  bool ChangeHeader(const std::string& name, int index, const std::string& value) override {
    return smfi_chgheader(ctx_, Unconst(name), index, Unconst(value)) == MI_SUCCESS;
  }
  bool ReplaceBody(std::string_view body) override {
    // One call is one run of packets; libmilter cuts it into chunks itself.
    auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(body.data()));
    if (!std::in_range<int>(body.size())) return false;
    return smfi_replacebody(ctx_, bytes, static_cast<int>(body.size())) == MI_SUCCESS;
  }
  bool Quarantine(const std::string& reason) override {
    return smfi_quarantine(ctx_, Unconst(reason)) == MI_SUCCESS;
  }
  bool Progress() override { return smfi_progress(ctx_) == MI_SUCCESS; }

 private:
  SMFICTX* ctx_;
};

sfsistat ToMilter(Response response) {
  switch (response) {
    case Response::kContinue:
      return SMFIS_CONTINUE;
    case Response::kReject:
      return SMFIS_REJECT;
    case Response::kTempFail:
      break;
  }
  return SMFIS_TEMPFAIL;
}

void LogDefect(const char* where, const char* what) noexcept {
  try {
    g_context.log->Error(std::string("internal fault in ") + where + ": " + Printable(what));
  } catch (...) {
    // No memory even for the log line: the system's log needs none.
    ::syslog(LOG_ERR, "internal fault in %s", where);
  }
}

// Lets a callback in, or keeps it out once the process is going down.
class CallbackPass {
 public:
  CallbackPass() : entered_(g_context.traffic->EnterCallback()) {}
  ~CallbackPass() {
    if (entered_) g_context.traffic->LeaveCallback();
  }
  CallbackPass(const CallbackPass&) = delete;
  CallbackPass& operator=(const CallbackPass&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  bool entered_;
};

enum class Step { kSilent, kAnswered };

constexpr char kConnect[] = "connect", kHelo[] = "helo", kMail[] = "mail", kRcpt[] = "rcpt",
               kHeader[] = "header", kBody[] = "body", kEnd[] = "end", kAbort[] = "abort";

// The trampoline. `Handle` is one of the functions below: Response for answered steps, void for
// silent ones.
template <Step kStep, auto kHandle, const char* kName, typename... Args>
sfsistat Call(SMFICTX* ctx, Args... args) noexcept {
  const CallbackPass pass;
  auto* connection = static_cast<Connection*>(smfi_getpriv(ctx));
  const bool silent =
      kStep == Step::kSilent && connection != nullptr && connection->features.silent;
  const sfsistat nothing = silent ? SMFIS_NOREPLY : SMFIS_CONTINUE;
  if (!pass || connection == nullptr) return kStep == Step::kSilent ? nothing : SMFIS_TEMPFAIL;
  Mta mta(ctx);
  try {
    if constexpr (kStep == Step::kSilent) {
      kHandle(*connection, mta, args...);
      return nothing;
    } else {
      return ToMilter(kHandle(*connection, mta, args...));
    }
  } catch (const std::exception& error) {
    LogDefect(kName, error.what());
  } catch (...) {
    LogDefect(kName, "unknown exception");
  }
  if constexpr (kStep == Step::kSilent) {
    connection->session.Poison();
    return nothing;
  }
  try {
    return ToMilter(Session::Broken(mta));
  } catch (...) {
    return SMFIS_TEMPFAIL;
  }
}

std::string AddressText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address == nullptr) return "unknown";
  if (address->sa_family == AF_UNIX) return "unix";
  const void* bytes = nullptr;
  sockaddr_in v4;
  sockaddr_in6 v6;
  if (address->sa_family == AF_INET) {
    std::memcpy(&v4, address, sizeof v4);
    bytes = &v4.sin_addr;
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&v6, address, sizeof v6);
    bytes = &v6.sin6_addr;
  }
  if (bytes == nullptr ||
      inet_ntop(address->sa_family, bytes, text.data(), text.size()) == nullptr) {
    return "unknown";
  }
  return text.data();
}

// An address argument: never null, since libmilter splits a packet with at least one string.
std::string_view First(char** argv) {
  return argv != nullptr && *argv != nullptr ? *argv : "";
}

void HandleConnect(Connection& connection, Mta& mta, char* host, sockaddr* address) {
  connection.session.Connect(mta, host, AddressText(address));
}
void HandleHelo(Connection& connection, Mta&, char* name) {
  connection.session.Helo(name);
}
Response HandleMail(Connection& connection, Mta& mta, char** argv) {
  return connection.session.Mail(mta, First(argv));
}
Response HandleRcpt(Connection& connection, Mta& mta, char** argv) {
  return connection.session.Rcpt(mta, First(argv));
}
void HandleHeader(Connection& connection, Mta&, char* name, char* value) {
  connection.session.Header(name, value);
}
void HandleBody(Connection& connection, Mta&, unsigned char* bytes, std::size_t size) {
  connection.session.Body({reinterpret_cast<const char*>(bytes), size});
}
Response HandleEnd(Connection& connection, Mta& mta) {
  return connection.session.EndOfMessage(mta);
}
void HandleAbort(Connection& connection, Mta&) {
  connection.session.Abort();
}

// Each kind of MTA on the socket is complained about once.
void LogMissing(const Agreement& agreement) {
  static std::mutex mutex;
  static std::set<std::pair<unsigned long, unsigned long>> told;
  if (agreement.missing.empty()) return;
  {
    const std::lock_guard lock(mutex);
    if (told.size() > 100 || !told.insert({agreement.actions, agreement.protocol}).second) return;
  }
  std::string text = "this MTA does not let a filter:";
  for (const std::string_view what : agreement.missing) text.append(" ").append(what).append(";");
  text.pop_back();
  g_context.log->Warning(text);
}

void RequestMacros(SMFICTX* ctx) {
  for (const auto& [stage, list] : kMacroLists) {
    if (smfi_setsymlist(ctx, stage, const_cast<char*>(list)) != MI_SUCCESS) {
      g_context.log->Warning("libmilter refused our list of macros; the MTA's own holds");
    }
  }
}

// SMFIS_REJECT here makes libmilter close the connection; the MTA then takes its default action.
sfsistat OnNegotiate(SMFICTX* ctx, unsigned long f0, unsigned long f1, unsigned long, unsigned long,
                     unsigned long* pf0, unsigned long* pf1, unsigned long* pf2,
                     unsigned long* pf3) noexcept {
  const CallbackPass pass;
  if (!pass || smfi_getpriv(ctx) != nullptr || !g_context.traffic->BeginSession()) {
    return SMFIS_REJECT;
  }
  try {
    const Agreement agreement = Negotiate(f0, f1, g_context.transport);
    LogMissing(agreement);
    if (agreement.features.own_macros) RequestMacros(ctx);
    *pf0 = agreement.actions;
    *pf1 = agreement.protocol;
    *pf2 = *pf3 = 0;
    g_last_features.store(agreement.features);
    smfi_setpriv(ctx, new Connection(agreement.features));
    return SMFIS_CONTINUE;
  } catch (const std::exception& error) {
    LogDefect("negotiate", error.what());
  } catch (...) {
    LogDefect("negotiate", "unknown exception");
  }
  g_context.traffic->EndSession();
  return SMFIS_REJECT;
}

// "Quit, new connection follows": libmilter has called OnClose, and the next SMTP client comes on
// the same connection without a new negotiation.
void BeginAnew(SMFICTX* ctx) noexcept {
  if (!g_context.traffic->BeginSession()) return;
  auto* connection = new (std::nothrow) Connection(g_last_features.load());
  smfi_setpriv(ctx, connection);
  if (connection == nullptr) g_context.traffic->EndSession();
}

sfsistat OnConnect(SMFICTX* ctx, char* host, sockaddr* address) noexcept {
  {
    const CallbackPass pass;
    if (pass && smfi_getpriv(ctx) == nullptr) BeginAnew(ctx);
  }
  return Call<Step::kSilent, HandleConnect, kConnect>(ctx, host, address);
}

sfsistat OnClose(SMFICTX* ctx) noexcept {
  const CallbackPass pass;
  if (!pass) return SMFIS_CONTINUE;  // what the connection holds may be gone; the process ends
  const std::unique_ptr<Connection> connection(static_cast<Connection*>(smfi_getpriv(ctx)));
  smfi_setpriv(ctx, nullptr);
  if (connection) g_context.traffic->EndSession();
  return SMFIS_CONTINUE;
}

smfiDesc Callbacks(char* name) {
  smfiDesc out{};
  out.xxfi_name = name;
  out.xxfi_version = SMFI_VERSION;
  out.xxfi_connect = OnConnect;
  out.xxfi_helo = Call<Step::kSilent, HandleHelo, kHelo, char*>;
  out.xxfi_envfrom = Call<Step::kAnswered, HandleMail, kMail, char**>;
  out.xxfi_envrcpt = Call<Step::kAnswered, HandleRcpt, kRcpt, char**>;
  out.xxfi_header = Call<Step::kSilent, HandleHeader, kHeader, char*, char*>;
  out.xxfi_body = Call<Step::kSilent, HandleBody, kBody, unsigned char*, std::size_t>;
  out.xxfi_eom = Call<Step::kAnswered, HandleEnd, kEnd>;
  out.xxfi_abort = Call<Step::kSilent, HandleAbort, kAbort>;
  out.xxfi_close = OnClose;
  out.xxfi_negotiate = OnNegotiate;
  return out;
}

}  // namespace

Result<void> Register(const AdapterContext& context, const ListenOptions& options) {
  static char name[] = "warifu";
  g_context = context;
  smfi_setbacklog(options.backlog);
  smfi_settimeout(static_cast<int>(options.timeout.count()));
  if (smfi_register(Callbacks(name)) != MI_SUCCESS) {
    return Fail(ErrorKind::kSystem,
                "libmilter refused our callbacks: built against another version");
  }
  if (smfi_setconn(Unconst(options.connection)) != MI_SUCCESS) {
    return Fail(ErrorKind::kSystem, "libmilter refused the socket " + options.connection);
  }
  errno = 0;
  if (smfi_opensocket(false) != MI_SUCCESS) {
    const int reason = errno;
    return Fail(ErrorKind::kSystem,
                "cannot listen on " + options.connection + ": " +
                    (reason != 0 ? std::strerror(reason) : "see the system log"));
  }
  return {};
}

bool Run() {
  return smfi_main() == MI_SUCCESS;
}

void Stop() {
  smfi_stop();
}

}  // namespace warifu::daemon
