#include "fixture.h"

#include <cstdlib>
#include <vector>

namespace warifu::store {
namespace {

class SqlitePlace final : public Place {
 public:
  Options At() override { return {.url = "sqlite:" + (scratch_.path() / "store.db").string()}; }

 private:
  Scratch scratch_;
};

}  // namespace

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "warifu-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<Place> Place::Sqlite() {
  return std::make_unique<SqlitePlace>();
}

void StoreTest::SetUp() {
  if (GetParam() == "postgresql") GTEST_SKIP() << "no PostgreSQL for the tests";
  place_ = Place::Sqlite();
  store_ = Reopen();
  ASSERT_NE(store_, nullptr);
}

std::unique_ptr<Store> StoreTest::Reopen() {
  auto opened = Open(place_->At());
  if (!opened) {
    ADD_FAILURE() << opened.error().ToString();
    return nullptr;
  }
  return std::move(*opened);
}

}  // namespace warifu::store
