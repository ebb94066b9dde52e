// The account "me" of author_forms.toml, and the two checks asked on its behalf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "binding/checks.h"

namespace warifu::binding {

class FormsDirectory final : public Directory {
 public:
  Owners OwnersOf(const Address& address) const override;
  std::size_t size() const override { return 5; }
};

class FormsAsker {
 public:
  struct Said {
    std::string word;    // as `expect` in author_forms.toml
    std::string reason;  // for messages
  };

  Said Ask(const std::string& head) const;

  // Other accounts' addresses in what a program shows.
  std::vector<std::string> Foreign(std::string_view shown) const;

 private:
  FormsDirectory directory_;
  Options options_ = {.address = {},
                      .realm = {},
                      .local_domains = {"corp.example", "mine.example", "xn--r8jz45g.example"}};
};

}  // namespace warifu::binding
