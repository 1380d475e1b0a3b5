/** The vocabulary of generated names and descriptions, most frequent words first. */
export const WORDS: readonly string[] = (
  'mcp server data search github api tools for and with access code agents query files web manage docs database cloud ' +
  'context memory analysis model workflow project issues content browser security storage calendar weather finance ' +
  'market images video audio email messages tasks notes team customer support sales payments invoices orders catalog ' +
  'inventory shipping maps places travel flights hotels news feeds research papers citations science health records ' +
  'biology chemistry genome patents legal contracts compliance audit policy identity secrets tokens keys tests builds ' +
  'deploys containers clusters metrics logs traces alerts incidents queues streams events schedules webhooks forms ' +
  'surveys spreadsheets slides drawings fonts colors icons themes games music lyrics podcasts recipes nutrition fitness ' +
  'language translation grammar dictionary quotes wallet ledger chain bridge oracle exchange prices forecasts energy ' +
  'sensors robots printers cameras vehicles farming satellites oceans tides earthquakes climate forests birds insects ' +
  'planets telescopes geometry algebra statistics graphs vectors embeddings ranking summaries outlines reminders habits ' +
  'journals bookmarks archives backups snapshots diffs merges reviews releases changelogs packages licenses advisories'
).split(' ');

/** Rare words: each appears in about one server per few hundred. */
export const RARE_WORDS: readonly string[] = WORDS.slice(-12);
