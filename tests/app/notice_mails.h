// Mails of a portal that resets passwords, in every charset and encoding, and its declarations.
//
// Synthetic, after the template that a Japanese provider's portal used: a request's mail with a
// link, a completion's mail with the same number.
#pragma once

#include <iconv.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace warifu::app {

inline constexpr const char* kPortalNotices = R"toml([[notices]]
id = "portal-reset"
kind = "reset"
source = ["network:192.0.2.10"]
from = ["no-reply@portal.example.jp"]
subject = '''パスワードの再設定'''
secrets = true
flow = "portal"
[notices.account]
regex = '''ログイン用アドレス[ \t]*:[ \t]*(\S+)'''
[notices.token]
regex = '''[?&]t=([0-9A-Za-z]{16,64})'''

[[notices]]
id = "portal-changed"
kind = "completion"
source = ["network:192.0.2.10"]
from = ["no-reply@portal.example.jp"]
subject = '''パスワード変更完了'''
flow = "portal"
[notices.account]
regex = '''ログイン用アドレス[ \t]*:[ \t]*(\S+)'''
[notices.token]
regex = '''受付番号[ \t]*:[ \t]*([0-9A-Za-z]{16,64})'''

[[notices]]
id = "points"
kind = "transfer"
source = ["network:192.0.2.10"]
from = ["point@portal.example.jp"]
subject = '''ポイント交換'''
[notices.account]
regex = '''会員ID[ \t]*:[ \t]*(\S+)'''
)toml";

struct Form {
  std::string charset = "UTF-8";
  std::string encoding = "base64";  // "quoted-printable", "8bit" (of ISO-2022-JP: 7 bits)
  bool html = false;
};

inline std::string ToCharset(const std::string& utf8, const std::string& charset) {
  iconv_t converter = iconv_open(charset.c_str(), "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) std::abort();
  std::string in = utf8, out(utf8.size() * 4 + 16, '\0');
  char *from = in.data(), *to = out.data();
  std::size_t left = in.size(), room = out.size();
  if (iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) std::abort();
  iconv(converter, nullptr, nullptr, &to, &room);
  iconv_close(converter);
  out.resize(out.size() - room);
  return out;
}

inline std::string Base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

inline std::string Encoded(const std::string& bytes, const std::string& encoding) {
  if (encoding == "base64") {
    const std::string whole = Base64(bytes);
    std::string out;
    for (std::size_t i = 0; i < whole.size(); i += 76) out += whole.substr(i, 76) + "\r\n";
    return out;
  }
  std::string out;
  for (const char c : bytes) {
    constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\r\n";
    } else if (encoding == "quoted-printable" && (byte < 0x20 || byte > 0x7e || c == '=')) {
      out += {'=', kHex[byte >> 4], kHex[byte & 15]};
      if (out.size() - (out.rfind('\n') + 1) > 70) out += "=\r\n";
    } else {
      out += c;
    }
  }
  return out;
}

inline std::string PortalMail(const std::string& from, const std::string& subject,
                              const std::string& text, const Form& form) {
  std::string body = text;
  if (form.html) {
    body = "<html><body>";
    for (const char c : text) body += c == '\n' ? std::string("<br>\n") : std::string(1, c);
    body += "</body></html>\n";
  }
  return "From: " + from + "\r\nTo: undisclosed-recipients:;\r\nSubject: =?" + form.charset +
         "?B?" + Base64(ToCharset(subject, form.charset)) +
         "?=\r\nMIME-Version: 1.0\r\nContent-Type: text/" + (form.html ? "html" : "plain") +
         "; charset=" + form.charset + "\r\nContent-Transfer-Encoding: " +
         (form.encoding == "8bit" && form.charset == "ISO-2022-JP" ? "7bit" : form.encoding) +
         "\r\n\r\n" + Encoded(ToCharset(body, form.charset), form.encoding);
}

// Of the request; the link's secret is the token.
inline std::string ResetMail(const std::string& address, const std::string& token,
                             const Form& form = {}, const std::string& more = "") {
  return PortalMail("no-reply@portal.example.jp", "【マイページ】パスワードの再設定について",
                    "パスワード再設定のお申し込みを受け付けました。\n\n■ログイン用アドレス：" +
                        address + "\n" + more +
                        "\nお手続きはこちら\nhttps://portal.example.jp/reset?t=" + token + "\n",
                    form);
}

// Of the end: what was done for whom.
inline std::string ChangedMail(const std::string& address, const std::string& token,
                               const Form& form = {}) {
  return PortalMail("no-reply@portal.example.jp", "パスワード変更完了のお知らせ",
                    "メールパスワードの変更が完了しました。\n\nログイン用アドレス：" + address +
                        "\n受付番号：" + token + "\n",
                    form);
}

inline std::string PointsMail(const std::string& account, const Form& form = {}) {
  return PortalMail("point@portal.example.jp", "ポイント交換のお申し込みを受け付けました",
                    "会員ＩＤ：" + account + "\n交換ポイント：5,000\n", form);
}

}  // namespace warifu::app
