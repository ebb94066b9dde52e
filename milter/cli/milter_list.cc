#include "cli/milter_list.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "cli/postfix_config.h"

namespace warifu::cli {
namespace {

// "a = b" as one word, so that commas and blanks alone part what braces hold.
std::string WithoutBlanksAtEquals(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t next = text.find_first_not_of(" \t", i);
    const bool blank = next != i;
    if (blank && next != std::string_view::npos && text[next] == '=') continue;
    if (blank && !out.empty() && out.back() == '=') continue;
    out += text[i];
  }
  return out;
}

std::string Normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

bool SameFile(const std::string& one, const std::string& other) {
  if (Normal(one) == Normal(other)) return true;
  struct stat a{}, b{};
  return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

std::string_view AfterKind(std::string_view address) {
  return address.substr(std::min(address.find(':'), address.size() - 1) + 1);
}

bool IsUnix(std::string_view address) {
  return address.starts_with("unix:") || address.starts_with("local:");
}

bool IsSocket(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

bool AnyHost(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

bool SameTcp(const TcpPlace& theirs, const TcpPlace& ours) {
  return theirs.port == ours.port && (theirs.host == ours.host || AnyHost(ours.host));
}

}  // namespace

std::vector<Milter> ReadMilters(std::string_view list) {
  std::vector<Milter> milters;
  for (const std::string& entry : ListOf(list)) {
    Milter milter;
    for (const std::string& word : ListOf(WithoutBlanksAtEquals(entry))) {
      const std::size_t equals = word.find('=');
      if (milter.address.empty()) {
        milter.address = word;
      } else if (equals != std::string::npos) {
        milter.settings[word.substr(0, equals)] = word.substr(equals + 1);
      }
    }
    if (!milter.address.empty()) milters.push_back(std::move(milter));
  }
  return milters;
}

std::string WriteMilters(const std::vector<Milter>& milters) {
  std::string out;
  for (const Milter& milter : milters) {
    out += out.empty() ? "" : ", ";
    if (milter.settings.empty()) {
      out += milter.address;
      continue;
    }
    out += "{ " + milter.address;
    for (const auto& [name, value] : milter.settings) out += ", " + name + "=" + value;
    out += " }";
  }
  return out;
}

TcpPlace TcpPlaceOf(std::string_view address) {
  const std::string_view rest = AfterKind(address);
  TcpPlace place;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    place = {std::string(rest.substr(at + 1)), std::string(rest.substr(0, at))};
  } else if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    place = {std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1))};
  }
  if (place.host.starts_with('[') && place.host.ends_with(']')) {
    place.host = place.host.substr(1, place.host.size() - 2);
  }
  if (place.host == "localhost") place.host = "127.0.0.1";
  return place;
}

bool IsLoopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

std::string PostfixSocket(const std::string& address, const std::string& queue_directory) {
  if (IsUnix(address)) {
    const std::string path(AfterKind(address));
    if (!queue_directory.empty() && path.starts_with(queue_directory + "/")) {
      return "unix:" + path.substr(queue_directory.size() + 1);
    }
    return "unix:" + path;
  }
  const TcpPlace place = TcpPlaceOf(address);
  const bool ipv6 = place.host.find(':') != std::string::npos;
  return "inet:" + (ipv6 ? "[" + place.host + "]" : place.host) + ":" + place.port;
}

std::string SendmailSocket(const std::string& address) {
  return address.starts_with("unix:") ? "local:" + address.substr(5) : address;
}

std::string PathOf(std::string_view address, const std::string& queue, bool chroot) {
  if (!IsUnix(address)) return "";
  const std::string path(AfterKind(address));
  if (!path.starts_with('/')) return queue + "/" + path;
  return chroot ? queue + path : path;
}

Leads WhereLeads(std::string_view address, const std::string& ours, const std::string& queue,
                 bool chroot) {
  const bool by_name = address.find("warifu") != std::string_view::npos;
  if (IsUnix(address) && IsUnix(ours)) {
    const std::string path(AfterKind(ours));
    if (SameFile(PathOf(address, queue, chroot), path)) return Leads::kHere;
    // As others would read it: from outside of the chroot, or from inside.
    if (SameFile(PathOf(address, queue, !chroot), path)) return Leads::kAstray;
    if (!by_name) return Leads::kAway;
    return IsSocket(PathOf(address, queue, chroot)) ? Leads::kTwin : Leads::kAstray;
  }
  const bool tcp = address.starts_with("inet:") || address.starts_with("inet6:");
  if (tcp && !IsUnix(ours) && SameTcp(TcpPlaceOf(address), TcpPlaceOf(ours))) return Leads::kHere;
  return by_name ? Leads::kAstray : Leads::kAway;
}

Leads WhereSendmailLeads(std::string_view address, const std::string& ours) {
  return WhereLeads(address, ours, "", false);
}

}  // namespace warifu::cli
