#include "rule_database.h"

#include <cstdio>
#include <cstdlib>

#include "scan/engine_hooks.h"

namespace warifu::bench {
namespace {

const hs_database_t* g_database = nullptr;

hs_error_t HS_CDECL NoteDatabase(const hs_database_t* database, const char*, unsigned, unsigned,
                                 hs_scratch_t*, match_event_handler, void*) {
  g_database = database;
  return HS_SUCCESS;
}

int HS_CDECL Ignore(unsigned, unsigned long long, unsigned long long, unsigned, void*) {
  return 0;
}

}  // namespace

const hs_database_t* RuleDatabase() {
  static const auto rules = [] {
    scan::LoadOptions options;
    options.sources = {{WARIFU_SOURCE_DIR "/patterns", false}};
    scan::EngineHooks hooks;
    hooks.scan = &NoteDatabase;
    auto loaded = scan::LoadWith(options, hooks);
    if (!loaded) {
      for (const Error& error : loaded.error()) {
        std::fprintf(stderr, "%s\n", error.ToString().c_str());
      }
      std::exit(1);
    }
    Segment segment;
    segment.text = "x";
    (*loaded)->Scan({&segment, 1}, {});
    return *loaded;
  }();
  return g_database;
}

void ScanWithRules(std::string_view text) {
  static hs_scratch_t* scratch = [] {
    hs_scratch_t* made = nullptr;
    if (hs_alloc_scratch(RuleDatabase(), &made) != HS_SUCCESS) std::abort();
    return made;
  }();
  hs_scan(RuleDatabase(), text.data(), static_cast<unsigned>(text.size()), 0, scratch, Ignore,
          nullptr);
}

}  // namespace warifu::bench
