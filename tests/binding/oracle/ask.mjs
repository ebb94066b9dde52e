// What mailparser and postal-mime show of each message: one JSON object a line.
// usage: node ask.mjs FILE…
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';

// Both give groups as an entry with a `group` list.
function flatten(entries) {
  const out = [];
  for (const entry of [entries ?? []].flat()) {
    if (entry.group) out.push([entry.name ?? '', ''], ...flatten(entry.group));
    else out.push([entry.name ?? '', entry.address ?? '']);
  }
  return out;
}

async function guarded(read) {
  try {
    return await read();
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for (const path of process.argv.slice(2)) {
  const bytes = readFileSync(path);
  const mailparser = await guarded(async () => {
    const mail = await simpleParser(bytes);
    return { from: flatten(mail.from?.value), sender: flatten(mail.headers.get('sender')?.value) };
  });
  const postal = await guarded(async () => {
    const mail = await PostalMime.parse(bytes);
    return { from: flatten(mail.from), sender: flatten(mail.sender) };
  });
  console.log(JSON.stringify({ path, mailparser, 'postal-mime': postal }));
}
