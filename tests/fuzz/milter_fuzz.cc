// The milter's session under events in any order, with an MTA that fails where the script says.
//
// Each line of the input is one event: a letter, then its text, in which a vertical tab stands for
// LF.
//   C host   H helo   M sender   R recipient   L name:value   B body   A (abort)   E edits (the
//   end) P: an event is lost X step: the MTA refuses edits that begin so I value: the queue id and
//   the login from here on
// Senders, recipients and ends that begin with '<' 4 or 5 ("<4a@b>") are deferred or refused.
// Invariant: an end that lets a mail pass was asked about exactly the mail that came in, and every
// edit that it wanted was done, in a form that no MTA takes for something else.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/fake_inspector.h"
#include "daemon/fake_mta.h"
#include "daemon/session.h"
#include "input.h"

namespace {

using namespace warifu;
using daemon::Response;
using fuzz::Require;

policy::Verdict ByDigit(std::string_view text) {
  if (text.starts_with("<4")) return test::Refuse(Action::kDefer, 451, "4.7.1", std::string(text));
  if (text.starts_with("<5")) return test::Refuse(Action::kReject, 550, "5.7.1", std::string(text));
  return {};
}

Response Expected(const policy::Verdict& verdict) {
  if (verdict.action == Action::kDefer) return Response::kTempFail;
  return verdict.action == Action::kReject ? Response::kReject : Response::kContinue;
}

// What the session must have in hand, kept in the simplest way.
struct Model {
  bool open = false;  // between a MAIL that was accepted and its end
  bool lost = false;  // an event of it
  std::string login, queue_id, raw;
  bool in_body = false;
  std::vector<std::string> recipients;
};

class Script {
 public:
  Script() {
    inspector_.on_mail = [](const app::Transaction& mail) { return ByDigit(mail.sender); };
    inspector_.on_rcpt = [](const auto&, std::string_view to) { return ByDigit(to); };
    inspector_.on_end = [this](const auto&, const auto&, const auto&) { return end_; };
  }

  void Run(std::string_view script) {
    session_.set_leading_space(script.starts_with(' '));
    leading_ = script.starts_with(' ');
    while (!script.empty()) {
      std::string line(fuzz::Take(&script, '\n'));
      std::ranges::replace(line, '\v', '\n');
      if (!line.empty()) Event(line[0], std::string_view(line).substr(1));
    }
  }

 private:
  void Event(char event, std::string_view text) {
    switch (event) {
      case 'C':
        model_.open = connection_lost_ = false;
        return session_.Connect(mta_, text, "192.0.2.1");
      case 'H':
        model_.open = false;
        return session_.Helo(text);
      case 'M':
        return Mail(std::string(text));
      case 'R':
        return Rcpt(std::string(text));
      case 'L':
        return Header(text);
      case 'B':
        return Body(std::string(text) + "\r\n");
      case 'E':
        return End(text);
      case 'A':
        model_.open = false;
        return session_.Abort();
      case 'P':
        (model_.open ? model_.lost : connection_lost_) = true;
        return session_.Poison();
      case 'X':
        mta_.fail_on = text;
        return;
      case 'I':
        mta_.macros = {{"i", std::string(text)}, {"{auth_authen}", std::string(text)}};
        return;
      default:
        return;
    }
  }

  void Mail(const std::string& sender) {
    const Response response = session_.Mail(mta_, sender);
    Require(response == (connection_lost_ ? Response::kTempFail : Expected(ByDigit(sender))),
            "MAIL answered otherwise");
    model_ = {.open = response == Response::kContinue,
              .lost = false,
              .login = mta_.Macro("{auth_authen}"),
              .queue_id = mta_.Macro("i"),
              .raw = {},
              .in_body = false,
              .recipients = {}};
  }

  void Rcpt(const std::string& recipient) {
    const Response response = session_.Rcpt(mta_, recipient);
    if (!model_.open) return Require(response == Response::kTempFail, "RCPT without MAIL");
    Require(response == Expected(ByDigit(recipient)), "RCPT answered otherwise");
    if (response == Response::kContinue) model_.recipients.push_back(recipient);
    if (const std::string id = mta_.Macro("i"); !id.empty()) model_.queue_id = id;
  }

  void Header(std::string_view field) {
    const std::string_view name = fuzz::Take(&field, ':');
    session_.Header(name, field);
    model_.raw.append(name).append(leading_ ? ":" : ": ").append(Lines(field)).append("\r\n");
  }

  static std::string Lines(std::string_view value) {
    std::string out;
    for (const char c : value) {
      if (c == '\n' && !out.ends_with('\r')) out += '\r';
      out += c;
    }
    return out;
  }

  void Body(const std::string& chunk) {
    session_.Body(chunk);
    if (!model_.in_body) model_.raw += "\r\n";
    model_.in_body = true;
    model_.raw += chunk;
  }

  // Words: 4…, 5…, "hold", "body", "-Name", "+Name:value", "=Name:value".
  static app::EndActions Edits(std::string_view words) {
    app::EndActions out;
    out.verdict = ByDigit(words);
    while (!words.empty()) {
      std::string_view word = fuzz::Take(&words, '|');
      const char kind = word.empty() ? ' ' : word[0];
      if (word == "hold") out.verdict.action = Action::kHold;
      if (word == "body") out.replace_body = true;
      if (kind == '-') out.delete_fields.emplace_back(word.substr(1));
      if (kind != '+' && kind != '=') continue;
      const std::string name(fuzz::Take(&word, ':').substr(1));
      if (kind == '+') {
        out.add_fields.push_back({name, std::string(word)});
      } else {
        out.change_fields.push_back({name, 1, std::string(word)});
      }
    }
    return out;
  }

  void End(std::string_view words) {
    end_ = Edits(words);
    mta_.steps.clear();
    const std::size_t asked = inspector_.ends.size();
    const Response response = session_.EndOfMessage(mta_);
    if (!model_.open || model_.lost) {
      model_.open = false;
      Require(response == Response::kTempFail && inspector_.ends.size() == asked,
              "an end without a mail");
      return;
    }
    Require(inspector_.ends.size() == asked + 1, "a mail passed unasked");
    const app::Transaction& seen = inspector_.ends.back();
    Require(seen.recipients == model_.recipients, "other recipients");
    Require(seen.auth_login == model_.login, "another login");
    if (const std::string id = mta_.Macro("i"); !id.empty()) model_.queue_id = id;
    Require(seen.queue_id == model_.queue_id, "another queue id");
    Require(inspector_.raws.back() == model_.raw + (model_.in_body ? "" : "\r\n"), "another mail");
    CheckEnd(response);
    model_.open = false;
  }

  void CheckEnd(Response response) {
    if (Expected(end_.verdict) != Response::kContinue) {
      return Require(response == Expected(end_.verdict) && mta_.steps.empty(),
                     "a refusal that edits");
    }
    if (response != Response::kContinue) {
      return Require(response == Response::kTempFail && !inspector_.failures.empty(),
                     "a failure without a word");
    }
    Require(!end_.replace_body || Did("body "), "the body stays");
    Require(end_.verdict.action != Action::kHold || Did("hold "), "not held");
    for (const mail::HeaderField& field : end_.add_fields) {
      Require(Did("add " + field.name + ":"), "a field is missing");
    }
    for (const std::string& step : mta_.steps) {
      Require(!step.contains('\0') && !step.contains('\r'), "a control character in an edit");
      for (std::size_t at = 0; (at = step.find('\n', at)) != step.npos;) {
        ++at;
        Require(at < step.size() && (step[at] == ' ' || step[at] == '\t'), "an edit breaks out");
      }
    }
  }

  bool Did(std::string_view begin) const {
    for (const std::string& step : mta_.steps) {
      if (step.starts_with(begin)) return true;
    }
    return false;
  }

  test::FakeInspector inspector_;
  test::FakeMta mta_;
  daemon::Traffic traffic_{1, 1};
  daemon::KeepAlive& keep_alive_ = KeepAlive();
  daemon::Session session_{inspector_, traffic_, keep_alive_};
  app::EndActions end_;
  Model model_;
  bool leading_ = false, connection_lost_ = false;

  static daemon::KeepAlive& KeepAlive() {
    static daemon::KeepAlive keep_alive{std::chrono::minutes(1)};
    return keep_alive;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script().Run(fuzz::Text(data, size));
  return 0;
}
