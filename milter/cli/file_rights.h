// File rights: what a user may do with a file, whoever asks.
//
// Judged by owner, group and mode; access lists are not read. Threads: reentrant, but for the
// user and group database (getpwnam).
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace warifu::cli {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t group = 0;            // the primary one
  std::vector<gid_t> groups;  // all, the primary one among them
};

std::optional<User> UserNamed(const std::string& name);
// Of this process.
User UserOfProcess();

// `right`: 4 read, 2 write, 1 search.
bool May(const User& user, const struct stat& status, mode_t right);
// Everybody may write to it, and to what others put there.
bool IsOpenToAll(const struct stat& status);
// The first folder above `path` that `user` may not pass through; "" for none. Folders that this
// process cannot see count as passable.
std::string BarredFolder(const User& user, const std::string& path);

std::string NameOfGroup(gid_t group);
std::string NameOfUser(uid_t user);

}  // namespace warifu::cli
