// Check login maps: the lines of warifu.conf that equal a Postfix's smtpd_sender_login_maps.
//
// Says for each table what warifu reads in its place, or that it cannot be read and why. Files of
// SQL and LDAP tables are read for their settings; passwords in them are never shown.
// Threads: pure but for `read`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::cli {

// Content of a file; nothing where it cannot be read.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;

// `maps`: the value of smtpd_sender_login_maps. Lines for people; none for an empty value.
std::vector<std::string> LoginMapLines(std::string_view maps, const FileReader& read);

}  // namespace warifu::cli
