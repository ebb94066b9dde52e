// What GMime shows of each message: per file a line with its path, then a line a mailbox: field,
// name and address in hex, separated by spaces.
// usage: ask_gmime FILE…
#include <gmime/gmime.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {

std::string Hex(const char* text) {
  std::string out = "x";
  for (const char* at = text == nullptr ? "" : text; *at != '\0'; ++at) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(*at));
    out += digits;
  }
  return out;
}

void Show(const char* field, InternetAddressList* list) {
  for (int i = 0; list != nullptr && i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    const char* name = internet_address_get_name(address);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      std::printf("%s %s x\n", field, Hex(name).c_str());
      Show(field, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)));
    } else {
      const char* addr = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
      std::printf("%s %s %s\n", field, Hex(name).c_str(), Hex(addr).c_str());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_mime_init();
  std::printf("version %u.%u.%u\n", gmime_major_version, gmime_minor_version, gmime_micro_version);
  for (int i = 1; i < argc; ++i) {
    std::printf("file %s\n", argv[i]);
    GMimeStream* stream = g_mime_stream_file_open(argv[i], "r", nullptr);
    GMimeParser* parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage* message = g_mime_parser_construct_message(parser, nullptr);
    if (message != nullptr) {
      Show("from", g_mime_message_get_from(message));
      Show("sender", g_mime_message_get_sender(message));
      g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
  }
  return 0;
}
