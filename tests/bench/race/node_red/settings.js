// Node-RED without its editor: one flow, and a pool of connections for it.
const { Pool } = require("pg");
const url = new URL(process.env.DATABASE_URL.replace("@/", "@localhost/"));
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: parseInt(process.env.RACE_PORT),
  httpAdminRoot: false,
  logging: { console: { level: "error" } },
  functionGlobalContext: {
    pool: new Pool({
      host: url.searchParams.get("host"),
      user: url.username,
      database: url.pathname.slice(1),
      max: 16,
    }),
    secret: process.env.RACE_SECRET,
  },
};
