#include "daemon/negotiation.h"

#include <libmilter/mfapi.h>

namespace warifu::daemon {
namespace {

struct Wish {
  unsigned long bit;
  std::string_view without;
};

constexpr std::array kActions{
    Wish{SMFIF_ADDHDRS, "add header fields (marks cannot be set)"},
    Wish{SMFIF_CHGHDRS, "change header fields (forged marks cannot be removed)"},
    Wish{SMFIF_CHGBODY, "replace the body (regions cannot be cut)"},
    Wish{SMFIF_QUARANTINE, "hold mail (it is deferred instead)"},
    Wish{SMFIF_SETSYMLIST, "choose its macros (the MTA's own lists must name them)"},
};

constexpr unsigned long kSilentSteps = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_BODY;
// End of headers shows in the first body chunk; DATA and unknown commands tell nothing.
constexpr unsigned long kSkippedSteps = SMFIP_NOEOH | SMFIP_NODATA | SMFIP_NOUNKNOWN;

static_assert(kMacroLists[0].first == SMFIM_CONNECT && kMacroLists[1].first == SMFIM_ENVFROM &&
              kMacroLists[2].first == SMFIM_ENVRCPT && kMacroLists[3].first == SMFIM_EOM);

}  // namespace

Agreement Negotiate(unsigned long offered_actions, unsigned long offered_protocol,
                    Transport transport) {
  Agreement out;
  for (const auto& [bit, without] : kActions) {
    if ((offered_actions & bit) != 0) {
      out.actions |= bit;
    } else {
      out.missing.push_back(without);
    }
  }
  unsigned long wanted = kSkippedSteps | SMFIP_HDR_LEADSPC;
  if (transport == Transport::kUnix) wanted |= kSilentSteps;
  out.protocol = wanted & offered_protocol;
  if ((offered_protocol & SMFIP_HDR_LEADSPC) == 0) {
    out.missing.push_back("keep the leading space of header fields");
  }
  // All or nothing: libmilter offers them whatever the MTA can do, and answers in our place.
  out.features.silent = (out.protocol & kSilentSteps) == kSilentSteps;
  if (!out.features.silent) out.protocol &= ~kSilentSteps;
  out.features.leading_space = (out.protocol & SMFIP_HDR_LEADSPC) != 0;
  out.features.own_macros = (out.actions & SMFIF_SETSYMLIST) != 0;
  return out;
}

}  // namespace warifu::daemon
