#include "app/notice_examples.h"

#include <algorithm>

#include "app/notice_mail.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

// "Name:" on the first line.
bool HasHead(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         std::ranges::all_of(text.substr(0, colon), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

class Checker {
 public:
  Checker(const scan::NoticeSet& set, const Settings& settings) : set_(set), settings_(settings) {}

  std::vector<scan::RuleProblem> Run() {
    for (std::size_t i = 0; i < set_.notices().size(); ++i) Check(i);
    return std::move(out_);
  }

 private:
  void Say(const scan::NoticeInfo& notice, const Place& place, bool error, std::string text) {
    out_.push_back({notice.id, place, error, std::move(text)});
  }

  void Check(std::size_t index) {
    const scan::NoticeInfo& notice = set_.notices()[index];
    const auto has = [&](bool matches) {
      return std::ranges::any_of(notice.examples, [&](const scan::NoticeExample& example) {
        return example.matches == matches;
      });
    };
    if (!has(true)) Say(notice, notice.place, false, "has no examples (matches)");
    if (!has(false)) Say(notice, notice.place, false, "has no counter-examples (misses)");
    for (const scan::NoticeExample& example : notice.examples) Try(index, example);
  }

  void Try(std::size_t index, const scan::NoticeExample& example) {
    const scan::NoticeInfo& notice = set_.notices()[index];
    const std::string shown = "\"" + Printable(example.text, 80) + "\"";
    const bool mail = HasHead(example.text);
    const mail::Message message = mail ? mail::Parse(example.text, settings_.limits)
                                       : mail::FromPlainText(example.text, "", settings_.limits);
    const ReadableNotice readable(message, nullptr, settings_.binding, mail);
    const bool recognised = set_.Recognises(index, readable.facts());
    const scan::NoticeContent content = set_.Read(index, readable.facts());
    if (!example.matches) {
      // A text alone is told from a notice by what can be read in it.
      if (recognised && (mail || content.account.problem.empty())) {
        Say(notice, example.place, true, "takes its counter-example for itself: " + shown);
      }
      return;
    }
    if (!recognised) {
      return Say(notice, example.place, true, "does not recognise its example: " + shown);
    }
    Compare(notice, example, "account", content.account, example.account);
    if (notice.has_token) Compare(notice, example, "token", content.token, example.token);
  }

  void Compare(const scan::NoticeInfo& notice, const scan::NoticeExample& example,
               const std::string& what, const scan::NoticeValue& read,
               const std::string& expected) {
    if (!read.problem.empty()) {
      Say(notice, example.place, true, "its example's " + what + " " + read.problem);
    } else if (read.text != expected && !(what == "token" && expected.empty())) {
      Say(notice, example.place, true,
          "reads the " + what + " \"" + Printable(read.text, 80) + "\" in its example, and \"" +
              Printable(expected, 80) + "\" is expected");
    }
  }

  const scan::NoticeSet& set_;
  const Settings& settings_;
  std::vector<scan::RuleProblem> out_;
};

}  // namespace

std::vector<scan::RuleProblem> CheckNoticeExamples(const scan::NoticeSet& set,
                                                   const Settings& settings) {
  return Checker(set, settings).Run();
}

}  // namespace warifu::app
