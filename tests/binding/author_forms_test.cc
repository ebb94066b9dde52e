// What the author and display checks say to each form, and what mail programs show of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "forms.h"
#include "forms_directory.h"

namespace warifu::binding {
namespace {

class AuthorFormsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { forms_ = new std::vector<Form>(ReadForms()); }
  static void TearDownTestSuite() { delete forms_; }

  static std::vector<Form>* forms_;
  FormsAsker asker_;
};

std::vector<Form>* AuthorFormsTest::forms_ = nullptr;

TEST_F(AuthorFormsTest, TableIsWhole) {
  const auto hostile = std::ranges::count_if(*forms_, &Form::hostile);
  EXPECT_GE(hostile, 60);
  EXPECT_GE(std::ssize(*forms_) - hostile, 60);
  for (const Form& form : *forms_) {
    EXPECT_TRUE(form.answered) << form.id << ": no answer; run tests/binding/oracle/ask.py";
  }
}

TEST_F(AuthorFormsTest, EachFormGetsItsAnswer) {
  for (const Form& form : *forms_) {
    const FormsAsker::Said said = asker_.Ask(form.head);
    EXPECT_EQ(said.word, form.expect) << form.id << ": " << form.text << "\n" << said.reason;
  }
}

TEST_F(AuthorFormsTest, NoFormThatPassesShowsAnotherAccountAsItsAddress) {
  for (const Form& form : *forms_) {
    const std::string said = asker_.Ask(form.head).word;
    if (said != "pass" && said != "display") continue;
    for (const Shown& shown : form.shown) {
      // An idiom rather than a program, and wrong by RFC 2047 section 6.2: the display check's.
      if (shown.program == "python-decoded" && said == "display") continue;
      EXPECT_TRUE(asker_.Foreign(shown.address).empty())
          << form.id << ": " << shown.program << " shows " << shown.address;
    }
  }
}

TEST_F(AuthorFormsTest, NoFormThatPassesBothChecksShowsAnotherAccountInItsName) {
  for (const Form& form : *forms_) {
    if (asker_.Ask(form.head).word != "pass") continue;
    for (const Shown& shown : form.shown) {
      EXPECT_TRUE(asker_.Foreign(shown.name).empty())
          << form.id << ": " << shown.program << " shows the name " << shown.name;
    }
  }
}

}  // namespace
}  // namespace warifu::binding
