// Archive tie: the password of an encrypted archive, sent to whom the archive was sent (PPAP).
//
// In Japan it is an everyday habit to mail an encrypted archive and its password right behind.
// Where one sender's mails bring both to one recipient inside of ppap.window, in either order or in
// one mail, the second gets a finding of the rule `ppap-password`, which does what its rule file
// says.
//
// The recipient of the archive is whom the password is for: the finding names no account and has no
// owner, so it is never a stranger's record.
//
// Guarantees: nothing of the password is kept or shown but its masked preview and its fingerprint.
// Nothing is tied for strangers: the sender is the account, or without one the envelope sender of
// mail that counts as our own. Threads: reentrant.
#pragma once

#include <string>
#include <vector>

#include "app/archive_memory.h"
#include "app/content.h"
#include "app/envelope.h"
#include "app/snapshot.h"
#include "base/clock.h"

namespace warifu::app {

// What a mail brings, to be remembered once it is let through; sender "": nothing to remember.
struct ArchiveTie {
  std::string sender;
  ArchiveMemory::Brings brings;
};

// Adds the findings to the content's. Without a memory the mail is tied to itself alone.
ArchiveTie TieArchive(const Snapshot& snapshot, const Envelope& envelope,
                      const ArchiveMemory* memory, WallTime now, Content* content);

// Of a mail that reaches its recipients, or may (held).
void Remember(const Settings& settings, const Envelope& envelope, const ArchiveTie& tie,
              WallTime now, ArchiveMemory* memory);

}  // namespace warifu::app
