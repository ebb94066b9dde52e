// Negotiation: what warifu asks of the MTA at the start of a connection.
//
// Only the actions that are used are asked for, and only steps that decide something are answered;
// all of it cut to what the MTA offers, since an MTA closes the connection when asked for more.
// What is missing costs its feature alone: without QUARANTINE, say, holding a mail becomes a
// temporary failure, and everything else works.
//
// On a unix socket connection, HELO, head fields and body go unanswered, which saves their round
// trips. Over TCP the same silence costs 44 ms a mail: the MTA's small packets wait (Nagle) for
// acknowledgements that the kernel here delays because it sees no answer to carry them. So there
// every step is answered. libmilter shows nobody its connected socket, which rules out
// TCP_QUICKACK.
//
// Threads: pure.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace warifu::daemon {

enum class Transport { kUnix, kTcp };

// What this connection can do. One a connection: MTAs of different ages may share the socket.
struct alignas(4) Features {   // aligned, so that it can be kept in an atomic
  bool silent = false;         // steps that decide nothing are not answered
  bool leading_space = false;  // field values carry their leading space
  bool own_macros = false;     // the lists of kMacroLists may be asked for
};

struct Agreement {
  unsigned long actions = 0;   // SMFIF_*
  unsigned long protocol = 0;  // SMFIP_*
  Features features;
  std::vector<std::string_view> missing;  // for people: what cannot be done with this MTA
};

// `offered_*`: as xxfi_negotiate gets them.
Agreement Negotiate(unsigned long offered_actions, unsigned long offered_protocol,
                    Transport transport);

// Macros by stage (SMFIM_*). No list is empty: Postfix takes an empty one for "your default". Each
// holds a macro that is always set, because libmilter forgets a stage's old values only when new
// ones arrive: with {auth_authen} alone, a login could outlive the session that had it.
inline constexpr std::array<std::pair<int, const char*>, 4> kMacroLists{{
    {0, "{daemon_name} j v"},  // SMFIM_CONNECT
    {2,                        // SMFIM_ENVFROM
     "{auth_authen} {auth_type} {auth_ssf} {cert_subject} {cert_issuer} {cert_fp} {verify} "
     "{daemon_name} j i"},
    {3, "{daemon_name} j i"},  // SMFIM_ENVRCPT
    {5, "{daemon_name} j i"},  // SMFIM_EOM
}};

}  // namespace warifu::daemon
