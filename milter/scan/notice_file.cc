#include "scan/notice_file.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "base/names.h"
#include "base/nearest.h"
#include "base/normalise.h"
#include "scan/compiled_rule.h"
#include "scan/toml_file.h"

namespace warifu::scan {
namespace {

constexpr std::pair<NoticeKind, std::string_view> kKinds[] = {
    {NoticeKind::kReset, "reset"},
    {NoticeKind::kOtp, "otp"},
    {NoticeKind::kCompletion, "completion"},
    {NoticeKind::kTransfer, "transfer"},
};
constexpr std::string_view kKindWords[] = {"reset", "otp", "completion", "transfer"};
constexpr std::pair<NoticeSource::Kind, std::string_view> kSources[] = {
    {NoticeSource::Kind::kNetwork, "network:"},
    {NoticeSource::Kind::kListener, "listener:"},
    {NoticeSource::Kind::kAccount, "account:"},
};

// Reads one file's document into notices.
class FileReader {
 public:
  FileReader(const std::string& path, const AddressOptions& options, NoticeFiles* out)
      : options_(options), out_(out) {
    file_.path = path;
    file_.errors = &out->errors;
  }

  void Read(const toml::table& document) {
    TomlTable top(document, "", &file_);
    top.Skip("title");
    top.Skip("description");
    for (const toml::table* table : top.Tables("notices")) ReadNotice(*table);
    top.Finish();
  }

 private:
  void ReadNotice(const toml::table& table) {
    TomlTable t(table, "notices", &file_);
    Notice notice;
    NoticeInfo& info = notice.info;
    info.place = file_.PlaceOf(table);
    info.id = t.String("id");
    info.description = t.String("description");
    CheckId(info.id, &t);
    ReadKind(&info, &t);
    ReadSources(&info, &t);
    info.secrets = t.Flag("secrets").value_or(false);
    info.flow = t.String("flow");
    notice.from = ReadAddresses("from", &t);
    notice.sender = ReadAddresses("sender", &t);
    notice.subject = ReadRegex("subject", &t);
    notice.text = ReadRegex("text", &t);
    if (const toml::table* account = t.Table("account")) {
      notice.account = ReadPlace(*account, "notices.account");
    } else if (!t.Has("account")) {
      t.Error("account", "a notice needs an [notices.account] that says where the account stands");
    }
    if (const toml::table* token = t.Table("token")) {
      notice.token = ReadPlace(*token, "notices.token");
      info.has_token = true;
    } else if (!info.flow.empty()) {
      t.Error("flow", "a flow is tied by a token, and this notice declares none");
    }
    ReadExamples(&info, &t);
    t.Finish();
    out_->notices.push_back(std::move(notice));
  }

  static void CheckId(const std::string& id, TomlTable* t) {
    if (id.empty()) {
      t->Error("id", "a notice needs an id");
    } else if (id.size() > 100 || !std::ranges::all_of(id, [](unsigned char c) {
                 return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
               })) {
      t->Error("id", "a notice's id is made of letters, digits, '-', '_' and '.'");
    }
  }

  static void ReadKind(NoticeInfo* info, TomlTable* t) {
    const std::string word = t->String("kind");
    if (word.empty()) {
      t->Error("kind", "a notice needs a kind: reset, otp, completion or transfer");
    } else if (!ValueOf(kKinds, word, &info->kind)) {
      t->Error("kind", "no kind of notice is named '" + word + "'" + DidYouMean(word, kKindWords));
    }
  }

  void ReadSources(NoticeInfo* info, TomlTable* t) {
    const bool given = t->Has("source");
    const std::vector<std::string> texts = t->Strings("source");
    if (!given || texts.empty()) {
      t->Error("source",
               "a notice counts only from a declared source: name at least one, such as "
               "\"network:192.0.2.10\", \"listener:portal\", \"account:portal\" or \"configured\"");
    }
    for (const std::string& text : texts) {
      Result<NoticeSource> source = ParseNoticeSource(text);
      if (!source) {
        t->Error("source", source.error().text);
        continue;
      }
      source->place = t->PlaceOf("source");
      info->sources.push_back(*std::move(source));
    }
  }

  std::vector<AddressPattern> ReadAddresses(std::string_view key, TomlTable* t) {
    std::vector<AddressPattern> out;
    for (const std::string& text : t->Strings(key)) {
      AddressPattern pattern;
      if (text.starts_with('@')) {
        const Result<std::string> domain = CanonicalDomain(std::string_view(text).substr(1));
        if (domain) pattern.address.domain = *domain;
        if (!domain) t->Error(key, "'" + text + "' is no domain: " + domain.error().text);
      } else if (text != "<>" || key != "sender") {
        Result<Address> address = ParseAddrSpec(text, options_);
        if (!address) {
          t->Error(key, "'" + text + "' is no address: " + address.error().text);
        } else {
          pattern.address = *std::move(address);
        }
      }
      out.push_back(std::move(pattern));
    }
    return out;
  }

  std::unique_ptr<RE2> ReadRegex(std::string_view key, TomlTable* t) {
    const std::string text = t->String(key);
    if (text.empty()) return nullptr;
    if (const std::string normal = Normalise(text).text; normal != text) {
      t->Error(key,
               "holds characters that the text of a mail never has, since it is brought to NFKC "
               "before: '：' is ':' and 'ｱ' is 'ア'");
    }
    std::string why;
    auto regex = CompileRegex(text, &why);
    if (!regex) t->Error(key, std::string(key) + ": " + why);
    return regex;
  }

  ValuePlace ReadPlace(const toml::table& table, const std::string& what) {
    TomlTable t(table, what, &file_);
    ValuePlace place;
    place.header = t.String("header");
    const bool given = t.Has("regex");
    place.regex = ReadRegex("regex", &t);
    const std::optional<int> group = t.Integer("group");
    if (place.header.empty() && !given) {
      t.Error("regex", what + " needs a header, a regex, or both");
    }
    if (place.regex) {
      const int groups = place.regex->NumberOfCapturingGroups();
      place.group = group.value_or(groups > 0 ? 1 : 0);
      if (place.group > groups) {
        t.Error("group", "group is " + std::to_string(place.group) + ", but the regex has " +
                             std::to_string(groups));
      }
    } else if (group) {
      t.Error("group", "a group needs a regex");
    }
    t.Finish();
    return place;
  }

  void ReadExamples(NoticeInfo* info, TomlTable* t) {
    for (const toml::table* table : t->Tables("matches")) {
      TomlTable m(*table, "notices.matches", &file_);
      NoticeExample example;
      example.place = file_.PlaceOf(*table);
      example.text = m.String("mail");
      example.account = m.String("account");
      example.token = m.String("token");
      if (example.text.empty()) m.Error("mail", "an example needs its mail, or a part of its text");
      if (example.account.empty()) {
        m.Error("account", "an example says which account is to be read in it");
      }
      if (!example.token.empty() && !info->has_token) {
        m.Error("token", "the notice declares no token");
      }
      m.Finish();
      info->examples.push_back(std::move(example));
    }
    for (std::string& text : t->Strings("misses")) {
      info->examples.push_back({.text = std::move(text),
                                .matches = false,
                                .account = "",
                                .token = "",
                                .place = t->PlaceOf("misses")});
    }
  }

  const AddressOptions& options_;
  NoticeFiles* out_;
  TomlFile file_;
};

void RefuseDoubles(NoticeFiles* files) {
  std::map<std::string, Place> seen;
  for (const Notice& notice : files->notices) {
    const auto [it, fresh] = seen.emplace(notice.info.id, notice.info.place);
    if (fresh || notice.info.id.empty()) continue;
    files->errors.push_back({ErrorKind::kInvalid,
                             "a notice '" + notice.info.id + "' stands already in " +
                                 it->second.file + ":" + std::to_string(it->second.line),
                             notice.info.place});
  }
}

}  // namespace

std::string_view ToString(NoticeKind kind) {
  return NameOf(kKinds, kind);
}
bool FromString(std::string_view word, NoticeKind* kind) {
  return ValueOf(kKinds, word, kind);
}

Result<NoticeSource> ParseNoticeSource(std::string_view text) {
  if (text == "configured") return NoticeSource{};
  for (const auto& [kind, prefix] : kSources) {
    if (text.starts_with(prefix) && text.size() > prefix.size()) {
      return NoticeSource{kind, std::string(text.substr(prefix.size())), {}};
    }
  }
  return Fail(ErrorKind::kInvalid, "'" + std::string(text) +
                                       "' is none of network:ADDRESS, listener:NAME, account:NAME "
                                       "and configured");
}

bool AddressPattern::Covers(const Address& other) const {
  if (address.local.empty() && !address.domain.empty()) return other.domain == address.domain;
  return other == address;
}

NoticeFiles ReadNoticeFiles(const std::vector<std::string>& paths, const AddressOptions& options) {
  NoticeFiles out;
  for (const std::string& path : paths) {
    const auto files = TomlFilesOf(path);
    if (!files) {
      out.errors.push_back(files.error());
      continue;
    }
    for (const std::string& file : *files) {
      ReadTomlFile(file, &out.errors, [&](const toml::table& document) {
        FileReader(file, options, &out).Read(document);
      });
    }
  }
  RefuseDoubles(&out);
  return out;
}

}  // namespace warifu::scan
