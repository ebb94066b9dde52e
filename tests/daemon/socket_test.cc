#include "daemon/socket.h"

#include <gtest/gtest.h>

namespace warifu::daemon {
namespace {

TEST(SocketAddress, ReadsBothSyntaxes) {
  struct Case {
    const char* text;
    const char* postfix;
    const char* sendmail;
  };
  for (const Case& c : {
           Case{"unix:/run/w/m.sock", "unix:/run/w/m.sock", "local:/run/w/m.sock"},
           Case{"local:/run/w/m.sock", "unix:/run/w/m.sock", "local:/run/w/m.sock"},
           Case{"/run/w/m.sock", "unix:/run/w/m.sock", "local:/run/w/m.sock"},
           Case{"inet:8899@127.0.0.1", "inet:127.0.0.1:8899", "inet:8899@127.0.0.1"},
           Case{"inet:127.0.0.1:8899", "inet:127.0.0.1:8899", "inet:8899@127.0.0.1"},
           Case{"inet:8899@localhost", "inet:127.0.0.1:8899", "inet:8899@127.0.0.1"},
           Case{"inet:localhost:8899", "inet:127.0.0.1:8899", "inet:8899@127.0.0.1"},
           Case{"inet6:8899@localhost", "inet:[::1]:8899", "inet6:8899@[::1]"},
           Case{"inet6:8899@[::1]", "inet:[::1]:8899", "inet6:8899@[::1]"},
           Case{"inet6:8899@::1", "inet:[::1]:8899", "inet6:8899@[::1]"},
           Case{"inet:[::1]:8899", "inet:[::1]:8899", "inet6:8899@[::1]"},
           Case{"inet:10.0.0.1:1", "inet:10.0.0.1:1", "inet:1@10.0.0.1"},
       }) {
    const auto address = ParseSocket(c.text);
    ASSERT_TRUE(address) << c.text << ": " << address.error().ToString();
    EXPECT_EQ(PostfixSyntax(*address), c.postfix) << c.text;
    EXPECT_EQ(SendmailSyntax(*address), c.sendmail) << c.text;
  }
}

TEST(SocketAddress, KnowsLoopback) {
  EXPECT_TRUE(ParseSocket("inet:1@127.0.0.5")->loopback);
  EXPECT_TRUE(ParseSocket("inet6:1@[::1]")->loopback);
  EXPECT_FALSE(ParseSocket("inet:1@0.0.0.0")->loopback);
  EXPECT_FALSE(ParseSocket("inet:1@192.0.2.1")->loopback);
  EXPECT_FALSE(ParseSocket("inet6:1@[::]")->loopback);
}

TEST(SocketAddress, RefusesTheRest) {
  for (const std::string& text : std::initializer_list<std::string>{
           "", "m.sock", "unix:", "unix:m.sock", "unix:/run/w/", "inet:", "inet:8899", "inet:8899@",
           "inet:0@127.0.0.1", "inet:65536@127.0.0.1", "inet:x@127.0.0.1",
           "inet:8899@mail.example.com", "inet:8899@127.0.0.1.1", "inet6:8899@127.0.0.1",
           "inet:-1@127.0.0.1", "fd:3", "tcp:127.0.0.1:1", "unix:/" + std::string(200, 'x')}) {
    EXPECT_FALSE(ParseSocket(text)) << text;
  }
}

}  // namespace
}  // namespace warifu::daemon
