#include "fake_inspector.h"

#include <utility>

namespace warifu::test {

class FakeInspector::Inspection : public app::MessageInspection {
 public:
  explicit Inspection(FakeInspector& owner) : owner_(owner), limits_(owner.limits) {}
  ~Inspection() override {
    const std::lock_guard lock(owner_.mutex_);
    ++owner_.destroyed;
  }

  const mail::Limits& limits() const override { return limits_; }

  policy::Verdict Mail(const app::Transaction& transaction) override {
    if (owner_.keep_records) {
      const std::lock_guard lock(owner_.mutex_);
      owner_.mails.push_back(transaction);
    }
    return owner_.on_mail(transaction);
  }

  policy::Verdict Rcpt(const app::Transaction& transaction, std::string_view recipient) override {
    return owner_.on_rcpt(transaction, recipient);
  }

  app::EndActions End(const app::Transaction& transaction, const mail::MessageBuffer& message,
                      const Progress& progress) override {
    if (owner_.keep_records) {
      const std::lock_guard lock(owner_.mutex_);
      owner_.ends.push_back(transaction);
      owner_.raws.emplace_back(message.raw());
    }
    return owner_.on_end(transaction, message, progress);
  }

  void Failed(const app::Transaction&, std::string_view what) override {
    const std::lock_guard lock(owner_.mutex_);
    owner_.failures.emplace_back(what);
  }

 private:
  FakeInspector& owner_;
  mail::Limits limits_;
};

std::unique_ptr<app::MessageInspection> FakeInspector::Begin() {
  on_begin();
  {
    const std::lock_guard lock(mutex_);
    ++begun;
  }
  return std::make_unique<Inspection>(*this);
}

policy::Verdict Refuse(Action action, int code, std::string enhanced, std::string text) {
  policy::Verdict out;
  out.action = out.would = action;
  out.reply = {code, std::move(enhanced), std::move(text)};
  return out;
}

}  // namespace warifu::test
