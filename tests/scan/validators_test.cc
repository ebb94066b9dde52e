#include "scan/validators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scan/dates.h"

namespace warifu::scan {
namespace {

struct Row {
  const char* name;
  std::vector<std::string> good, bad;
};

// Card and account numbers are the published test numbers of their schemes.
const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {"luhn",
       {"4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"},
       {"4111111111111112", "0000000000000000", "4111", "4111  1111 1111 1111", "-4111111111111111",
        "4111111111111111 ", "41111111111111１1"}},
      {"iban",
       {"GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"},
       {"GB82WEST12345698765433", "GB82", "82GBWEST12345698765432", "", "GB82WEST1234569876543!"}},
      {"mynumber",
       {"123456789018", "1234 5678 9018"},
       {"123456789012", "000000000000", "12345678901", "1234567890188"}},
      {"base64",
       {"aGVsbG8gd29ybGQ=", "aGVsbG8", "a-_b"},
       {"aGVsbG8gd", "aGVsbG8gd29ybGQ==", "a===", "ab c", ""}},
      {"hex", {"d41d8cd98f00b204e9800998ecf8427e", "0F"}, {"d41", "", "0g"}},
      {"bcrypt",
       {"$2y$10$HSpiRV5f/Gp3XN9LxrqcrjKbs2Zliw7Y2AnGYt4.ceETrQaa0f7Zb"},
       {"$2y$99$HSpiRV5f/Gp3XN9LxrqcrjKbs2Zliw7Y2AnGYt4.ceETrQaa0f7Zb",
        "$2y$10$HSpiRV5f/Gp3XN9LxrqcrjKbs2Zliw7Y2AnGYt4.ceETrQaa0f7Z", "", "$2"}},
      {"jwt",
       {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"},
       {"eyJhIjoxfQ.eyJzdWIiOiIxMjM0In0.c2ln", "a.b", "a.b.c.d", "", "..",
        "eyJhbGciOiJIUzI1NiJ9.!!.c2ln"}},
      // The tokens are those of their makers' manuals and of BIP 173 and 350.
      {"github-checksum",
       {"ghp\x5fzQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
        "npm\x5fqkJaB6MffYVzZXWqmcoF49yrUxP3wf0LsakP"},
       {"ghp\x5fzQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18", "ghp_", "",
        "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17", "ghp\x5fzQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq177"}},
      {"gitlab-checksum",
       {"glpat\x2d"
        "bzox79Of-KE9FD2LjoXXF4CvyxA.0r03gxo7s",
        "glpat\x2d"
        "bzox79Of-KE9FD2LjoXXF4CvyxA.01.0r0l8l6ir",
        "glpat\x2dvzDNJu3Lvh4YCCekKsnx", ""},
       {"glpat\x2d"
        "bzox79Of-KE9FD2LjoXXF4CvyxA.0r03gxo7a",
        "glpat.000000000"}},
      {"grafana-checksum",
       {"glsa\x5fyscW25imSKJIuav8zF37RZmnbiDvB05G_fcaaf58a"},
       {"glsa\x5fyscW25imSKJIuav8zF37RZmnbiDvB05G_fcaaf58b", "glsa_", "",
        "glsa\x5fyscW25imSKJIuav8zF37RZmnbiDvB05Gxfcaaf58a"}},
      // The accounts of the first two, as published: 609629065308 and 029608264753.
      {"aws-key-id",
       {"ASIA"
        "Y34FZKBOKMUTVV7A",
        "ASIA"
        "QNZGKIQY56JQ7WML",
        "AKIA"
        "OQ3ZK7WT2MX5YBN4"},
       {"AKIA"
        "PQ3ZK7WT2MX5YBN4",
        "AKIA"
        "7Q3ZK7WT2MX5YBN4",
        "AKIA"
        "Y34FZKBOKMUTVV7",
        "",
        "AKIA"
        "Y34FZKBOKMUTVV8A",
        "AKIA"
        "y34fzkbokmutvv7a"}},
      // A macaroon with a caveat, one without; cut, with a byte more, of another place, with an
      // identifier that is longer than what is left.
      {"pypi-token",
       {"pypi\x2d"
        "AgEIcHlwaS5vcmcCJDVkMmYwYzMxLThhNGUtNGI3YS05YzYwLTFmMmUzZDRjNWI2YQACKlszLCIwZjFlMmQzYy00Yj"
        "VhLTQ5NjgtODc3Ni02NTU0NDMzMjIxMTAiXQAABiD8ObT5gDDZkerIQoEwr-o8GRFfoNpVdmKu3xOrmzb7nQ",
        "pypi\x2d"
        "AgENdGVzdC5weXBpLm9yZwIkMGExYjJjM2QtNGU1Zi00MDcxLTgyOTMtYTRiNWM2ZDdlOGY5AAAGIAz-RAlRu_"
        "kPThXFoPy7AWNRjd7Nh4N6BOah2Csd0c5v"},
       {"pypi\x2d"
        "AgEIcHlwaS5vcmcCJDVkMmYwYzMxLThhNGUtNGI3YS05YzYwLTFmMmUzZDRjNWI2YQACKlszLCIwZjFlMmQzYy00Yj"
        "VhLTQ5NjgtODc3Ni02NTU0NDMzMjIxMTAiXQAABiD8ObT5gDDZkerIQoEwr-o8GRFfoNpVdmKu3xOr",
        "pypi\x2d"
        "AgEIcHlwaS5vcmcCJDVkMmYwYzMxLThhNGUtNGI3YS05YzYwLTFmMmUzZDRjNWI2YQACKlszLCIwZjFlMmQzYy00Yj"
        "VhLTQ5NjgtODc3Ni02NTU0NDMzMjIxMTAiXQAABiD8ObT5gDDZkerIQoEwr-o8GRFfoNpVdmKu3xOrmzb7nQAAAA",
        "pypi-", "", "pypi-AgE",
        "pypi\x2d"
        "AgEIcHlwaS5uZXQCCGFiY2RlZmdoAAAGIPWVdn_i3MG3Bf8CfmRMEjrevKahowu9XOLYlkwXDwhm",
        "pypi\x2d"
        "AgEIcHlwaS5vcmcC_w"}},
      {"sasl-plain",
       {"AGhhbmFrbwBOazN3cTgxeg==", "aGFuYWtvAGhhbmFrbwBOazN3cTgxeg"},
       {"AGhhbmFrbwA=", "AABrazEwWnQ2eA==", "aGFuYWtv", "LOGIN", "", "AGEAYgBjZGVm", "!!"}},
      {"bech32",
       {"A12UEL5L", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "A1LQFN3A",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v"},
       {"A12UEL5K", "A12uEL5L", "1nwldj5", "", "pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3",
        "\x7f"
        "1axkwrx"}},
      {"base58check",
       {"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
        "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3"
        "TGtRBeJ"
        "gk33yuGBxrMPHi"},
       {"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTK", "1111", "", "0OIl"}},
      {"discord-token",
       {"MTIzNDU2Nzg5MDEyMzQ1Njc4.cmrJys.ZvPMcP_yf7VIj1MTb_5-M4Uhl6TF8zgmRu1vgd"},
       {"MTIzNDU2Nzg5MDEyMzQ1Njc4", "aGVsbG8gd29ybGQgaGVsbG8h.cmrJys.ZvPMcP", "..", "",
        "MTIz.a.b"}},
      {"mixed", {"abc1", "Z9"}, {"abc", "123", "", "漢字1"}},
      {"password-like",
       {"Nk3wq81z", "kk10Zt6x", "p9lk2mqz", "sakura2011", "taro#1998", "Himawari7", "a1b2c3zz",
        "p9;Lk2|m", "q8=wZ:x1", "t6/Kq2mP"},
       {"himawari",
        "20110501",
        "item12",
        "python3",
        "HOST0001",
        "AB-1234",
        "10.0.0.1",
        "v1.2.3rc4",
        "1.2.3-4ubuntu1",
        "1080p",
        "100px",
        "12jan2024",
        "2011-05-01",
        "deadbeef12345678",
        "main2.c",
        "www1.example.jp",
        "taro1@example.jp",
        "foo_bar_12",
        "src/row2.cc",
        "http:Nk3wq",
        "ubuntu-22",
        "UInt32",
        "CamelCase12",
        "a=b12345",
        "f(x1,y2)",
        "/home/taro1",
        "x1:",
        "std::map1",
        "short1a\x01",
        "ぱすわーど12",
        ""}},
      {"not-placeholder",
       {"Xk29vmQ1", "passpass", "hunter22", "tr0ub4dor&3", "ひみつのことば"},
       {"********", "xxxxxxxx", "<password>", "${PASSWORD}", "{{ secret }}", "changeme", "password",
        "PASSWORD", "your_password", "●●●●●●", "aaaaaaaa", "......", "", "パスワード"}},
      {"date",
       {"1998-05-23", "5/23/1998", "23.5.1998", "19980523", "1998年5月23日", "平成10年5月23日",
        "令和元年5月1日", "2000/2/29"},
       {"1998-02-30", "13/13/1998", "19981399", "平成0年5月23日", "令和6年13月1日", "", "1998",
        "2001/2/29"}},
      {"datetime",
       {"5/23/1998 10:00:00", "1998-05-23T10:00:00Z", "1998-05-23 10:00", "1998年5月23日10時00分",
        "19980523100000", "3/20/2000 9:00:00", "5/23/1998\n10:00:00"},
       {"5/23/1998", "5/23/1998 25:00:00", "5/23/1998 10:61:00", "10:00:00", "",
        "1998-02-30 10:00"}},
  };
  return rows;
}

TEST(Validators, AcceptAndRefuse) {
  for (const Row& row : Rows()) {
    const NamedValidator* v = FindValidator(row.name);
    ASSERT_NE(v, nullptr) << row.name;
    for (const std::string& s : row.good) EXPECT_TRUE(v->accepts(s)) << row.name << ": " << s;
    for (const std::string& s : row.bad) EXPECT_FALSE(v->accepts(s)) << row.name << ": " << s;
  }
}

TEST(Validators, EachHasItsRowHere) {
  for (const NamedValidator& v : Validators()) {
    const bool tested = std::ranges::any_of(Rows(), [&](const Row& r) { return r.name == v.name; });
    EXPECT_TRUE(tested) << v.name << " has no test";
    EXPECT_FALSE(v.help.empty());
  }
  EXPECT_EQ(FindValidator("nonesuch"), nullptr);
}

// Hostile secrets: every length and kind, none may crash.
TEST(Validators, TakeAnyBytes) {
  std::string all;
  for (int c = 255; c >= 0; --c) all += static_cast<char>(c);
  for (const NamedValidator& v : Validators()) {
    for (std::size_t n = 0; n <= all.size(); ++n) v.accepts(all.substr(0, n));
    v.accepts(std::string(100000, '9'));
    v.accepts(std::string(100000, '.'));
  }
}

TEST(Entropy, CountsCharacters) {
  EXPECT_DOUBLE_EQ(Entropy(""), 0);
  EXPECT_DOUBLE_EQ(Entropy("aaaa"), 0);
  EXPECT_DOUBLE_EQ(Entropy("abcd"), 2);
  EXPECT_DOUBLE_EQ(Entropy("あいうえ"), 2) << "characters, not bytes";
}

}  // namespace
}  // namespace warifu::scan
