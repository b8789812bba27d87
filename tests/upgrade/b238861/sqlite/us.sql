PRAGMA user_version = 0;
PRAGMA application_id = 0;
BEGIN TRANSACTION;
CREATE TABLE atoll_conflicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  resource TEXT NOT NULL,
  key ANY NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
INSERT INTO "atoll_conflicts" VALUES(1,'parcels','two',1795958031396651,'fields','{"fields":["label"],"here":{"key":"two","vector":"us.nhn1gf:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:4@1795958031308276","stamps":{"label":"us.nhn1gf:10@1795958031358162"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}},"there":{"key":"two","vector":"eu.opap92:3:1,us.nhn1gf:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:4@1795958031308276","stamps":{"label":"eu.opap92:3@1795958031360311"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}},"result":{"key":"two","vector":"eu.opap92:3:1,us.nhn1gf:10:2","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:4@1795958031308276","stamps":{"label":"eu.opap92:3@1795958031360311"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}}}');
CREATE TABLE atoll_dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  seq INTEGER NOT NULL,
  resource TEXT,
  key ANY,
  reason TEXT NOT NULL,
  body BLOB NOT NULL, -- as it came, which need not be text
  at INTEGER NOT NULL,
  UNIQUE (source, seq)
) STRICT;
CREATE TABLE atoll_log (
  id INTEGER PRIMARY KEY, -- the origin's number << 48 | seq
  at INTEGER NOT NULL,
  json TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO "atoll_log" VALUES(281474976710657,1795958031297586,'{"stamp":"us.nhn1gf:1@1795958031297383","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958031297586,"written":["price","area","plan","seen_at"],"request":{"ids":["id:make-house"],"attempt":"","body":"8b79e8a731de3e0eb75d9aaa4ba43c91"},"row":{"key":101,"vector":"us.nhn1gf:1:1","fields":{"price":100.25,"area":80.5,"sold":false,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:51.297383Z","changed_at":"2026-11-29T13:13:51.297383Z"},"life":"1 us.nhn1gf:1@1795958031297383","stamps":{}}}',X'3BF81810BAAB33E534961C7A8FA16269');
INSERT INTO "atoll_log" VALUES(281474976710658,1795958031303754,'{"stamp":"us.nhn1gf:2@1795958031303499","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958031303754,"written":["price"],"request":{"ids":[],"attempt":"","body":"8d158dd6f971a8100e543cc86ed078a8"},"row":{"key":7,"vector":"us.nhn1gf:2:1","fields":{"price":7.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:51.303499Z","changed_at":"2026-11-29T13:13:51.303499Z"},"life":"1 us.nhn1gf:2@1795958031303499","stamps":{}}}',X'A904F94159A8F349521D2B2A1A6D6C3D');
INSERT INTO "atoll_log" VALUES(281474976710659,1795958031305550,'{"stamp":"us.nhn1gf:3@1795958031305360","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031305550,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"46dab06e42c966144e2a351a4db1d647"},"row":{"key":"one","vector":"us.nhn1gf:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:3@1795958031305360","stamps":{},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:3@1795958031305360"]}}}}',X'2EE0E060BDC828B0A966AFAD5E70B709');
INSERT INTO "atoll_log" VALUES(281474976710660,1795958031308325,'{"stamp":"us.nhn1gf:4@1795958031308276","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031308325,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"8b77b190b9cde7a99e37c3fb8f7aaf41"},"row":{"key":"two","vector":"us.nhn1gf:4:1","fields":{"label":"two","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:4@1795958031308276","stamps":{},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}}}',X'9DDC89BBADF6D43D5EADEFAD8D8ABABA');
INSERT INTO "atoll_log" VALUES(281474976710661,1795958031320730,'{"stamp":"us.nhn1gf:5@1795958031320605","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031320730,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"904745889dbdeb0ccd888e74c5f76dc9"},"row":{"key":"gone","vector":"us.nhn1gf:5:1","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:5@1795958031320605","stamps":{},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:5@1795958031320605"]}}}}',X'2B460B03DC6CA4C4BE45B0570FC71269');
INSERT INTO "atoll_log" VALUES(281474976710662,1795958031323134,'{"stamp":"us.nhn1gf:6@1795958031323075","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031323134,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"3c76f95ea982a80501b2c774eaf732c0"},"row":{"key":"twin","vector":"us.nhn1gf:6:1","fields":{"label":"twin","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:6@1795958031323075","stamps":{},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:6@1795958031323075"]}}}}',X'494B5FE6D9194DFDFF5A4208F49CD761');
INSERT INTO "atoll_log" VALUES(281474976710663,1795958031327053,'{"stamp":"us.nhn1gf:7@1795958031326973","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958031327053,"written":["price","sold"],"request":{"ids":[],"attempt":"","body":"99fb8e80d27ae1dbd20cc3bfb7932bf9"},"row":{"key":101,"vector":"us.nhn1gf:7:2","fields":{"price":200.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:51.297383Z","changed_at":"2026-11-29T13:13:51.326973Z"},"life":"1 us.nhn1gf:1@1795958031297383","stamps":{"price":"us.nhn1gf:7@1795958031326973","sold":"us.nhn1gf:7@1795958031326973","changed_at":"us.nhn1gf:7@1795958031326973"}}}',X'B42A0B86567E351A6D3E5ED465C348E5');
INSERT INTO "atoll_log" VALUES(281474976710664,1795958031340874,'{"stamp":"us.nhn1gf:8@1795958031338755","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958031340874,"written":["price"],"request":{"ids":["id:carried"],"attempt":"forward-17361254521251670442-1","body":"c27cd9bf5d8e5e83480aecfd47604722"},"row":{"key":101,"vector":"us.nhn1gf:8:3","fields":{"price":250.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:51.297383Z","changed_at":"2026-11-29T13:13:51.338755Z"},"life":"1 us.nhn1gf:1@1795958031297383","stamps":{"price":"us.nhn1gf:8@1795958031338755","sold":"us.nhn1gf:7@1795958031326973","changed_at":"us.nhn1gf:8@1795958031338755"}}}',X'F383E3D5CBCB0A6CAEBF4C5148C214BE');
INSERT INTO "atoll_log" VALUES(281474976710665,1795958031351953,'{"stamp":"us.nhn1gf:9@1795958031351871","kind":"remove","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031351953,"written":[],"request":{"ids":[],"attempt":"","body":"887efbbccd12f689524d00dd9238d8db"},"row":{"key":"gone","vector":"us.nhn1gf:9:2","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"2 us.nhn1gf:9@1795958031351871","stamps":{"label":"us.nhn1gf:5@1795958031320605","owner":"us.nhn1gf:5@1795958031320605","heaviest":"us.nhn1gf:5@1795958031320605","stage":"us.nhn1gf:5@1795958031320605"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:5@1795958031320605"]}}}}',X'340AB59D07C25EAD6D7E281E08F6DAFA');
INSERT INTO "atoll_log" VALUES(281474976710666,1795958031358266,'{"stamp":"us.nhn1gf:10@1795958031358162","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031358266,"written":["label"],"request":{"ids":[],"attempt":"","body":"19d5b5378ec8f762c3b9933851996126"},"row":{"key":"two","vector":"us.nhn1gf:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:4@1795958031308276","stamps":{"label":"us.nhn1gf:10@1795958031358162"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}}}',X'BFB60FA381AAF5DDFAAA0FE07CD73CC3');
INSERT INTO "atoll_log" VALUES(281474976710667,1795958031361940,'{"stamp":"us.nhn1gf:11@1795958031361877","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031361940,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"us.nhn1gf:11:2","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:6@1795958031323075","stamps":{"label":"us.nhn1gf:11@1795958031361877"},"counters":{"items":{"us.nhn1gf":[9,"us.nhn1gf:11@1795958031361877"]}}}}',X'A7C0BF78248670810B563679F3B2573B');
INSERT INTO "atoll_log" VALUES(281474976710668,1795958031428355,'{"stamp":"us.nhn1gf:12@1795958031428216","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958031428355,"written":["price"],"request":{"ids":[],"attempt":"","body":"ca0b2ebb2e0ae372d4621300107501c9"},"row":{"key":7,"vector":"us.nhn1gf:12:2","fields":{"price":8.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:51.303499Z","changed_at":"2026-11-29T13:13:51.428216Z"},"life":"1 us.nhn1gf:2@1795958031303499","stamps":{"price":"us.nhn1gf:12@1795958031428216","changed_at":"us.nhn1gf:12@1795958031428216"}}}',X'AA44B88AC77F350F797BB7F28604F776');
INSERT INTO "atoll_log" VALUES(562949953421313,1795958031301379,'{"stamp":"eu.opap92:1@1795958031300892","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958031301379,"written":["price"],"request":{"ids":["key:make-other"],"attempt":"","body":"378bf537fdab6c03779bf0493e77c38f"},"row":{"key":102,"vector":"eu.opap92:1:1","fields":{"price":1.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"eu","made_at":"2026-11-29T13:13:51.300892Z","changed_at":"2026-11-29T13:13:51.300892Z"},"life":"1 eu.opap92:1@1795958031300892","stamps":{}}}',X'FF5BF11AD6220D24D083841B339E89CA');
INSERT INTO "atoll_log" VALUES(562949953421314,1795958031349528,'{"stamp":"eu.opap92:2@1795958031349435","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031349528,"written":["items","heaviest","stage"],"added":{"items":3},"request":{"ids":[],"attempt":"","body":"f70976261848973d200967f6da766fd5"},"row":{"key":"one","vector":"eu.opap92:2:1,us.nhn1gf:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":12,"stage":"sent"},"life":"1 us.nhn1gf:3@1795958031305360","stamps":{"heaviest":"eu.opap92:2@1795958031349435","stage":"eu.opap92:2@1795958031349435"},"counters":{"items":{"eu.opap92":[3,"eu.opap92:2@1795958031349435"],"us.nhn1gf":[5,"us.nhn1gf:3@1795958031305360"]}}}}',X'1C7925C75062BA550582F0CB25FA0A92');
INSERT INTO "atoll_log" VALUES(562949953421315,1795958031360389,'{"stamp":"eu.opap92:3@1795958031360311","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031360389,"written":["label"],"request":{"ids":[],"attempt":"","body":"49ca2a204a9307e4dff24af9822dc363"},"row":{"key":"two","vector":"eu.opap92:3:1,us.nhn1gf:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:4@1795958031308276","stamps":{"label":"eu.opap92:3@1795958031360311"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}}}',X'E39E65F08DFBD5998E39B6F40618ADC5');
INSERT INTO "atoll_log" VALUES(562949953421316,1795958031363385,'{"stamp":"eu.opap92:4@1795958031363315","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958031363385,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"eu.opap92:4:1,us.nhn1gf:6:1","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.nhn1gf:6@1795958031323075","stamps":{"label":"eu.opap92:4@1795958031363315"},"counters":{"items":{"eu.opap92":[4,"eu.opap92:4@1795958031363315"],"us.nhn1gf":[5,"us.nhn1gf:6@1795958031323075"]}}}}',X'A3DAEEAB31EDB8D09B9B08C21C6C8C73');
CREATE TABLE atoll_meta (name TEXT NOT NULL PRIMARY KEY, value ANY NOT NULL) STRICT;
INSERT INTO "atoll_meta" VALUES('format',1);
INSERT INTO "atoll_meta" VALUES('node','us');
INSERT INTO "atoll_meta" VALUES('origin','us.nhn1gf');
INSERT INTO "atoll_meta" VALUES('table.houses','CREATE TABLE "houses" (
  "id" INTEGER PRIMARY KEY,
  "price" TEXT NOT NULL CONSTRAINT "houses_price_check" CHECK ("price" NOT GLOB ''*[^0-9.]*'' AND "price" GLOB ''*[0-9]*'' AND "price" NOT GLOB ''*.???*'' AND "price" NOT GLOB ''*.*.*'' AND CAST(round("price" * 1e2) AS INTEGER) BETWEEN 0 AND 999999999999),
  "area" REAL CONSTRAINT "houses_area_check" CHECK ("area" BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308),
  "sold" INTEGER NOT NULL DEFAULT 0 CONSTRAINT "houses_sold_check" CHECK ("sold" IN (0, 1)),
  "seen_at" TEXT CONSTRAINT "houses_seen_at_check" CHECK ("seen_at" GLOB ''[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z''),
  "plan" TEXT CONSTRAINT "houses_plan_check" CHECK ("plan" IS NULL OR json_valid("plan")),
  "region" TEXT NOT NULL CONSTRAINT "houses_region_check" CHECK (length("region") <= 2),
  "version" INTEGER NOT NULL DEFAULT 1 CONSTRAINT "houses_version_check" CHECK ("version" >= 1),
  "made_at" TEXT NOT NULL DEFAULT (strftime(''%Y-%m-%dT%H:%M:%f'', ''now'') || ''000Z'') CONSTRAINT "houses_made_at_check" CHECK ("made_at" GLOB ''[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z''),
  "changed_at" TEXT NOT NULL DEFAULT (strftime(''%Y-%m-%dT%H:%M:%f'', ''now'') || ''000Z'') CONSTRAINT "houses_changed_at_check" CHECK ("changed_at" GLOB ''[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z''),
  atoll_vector TEXT NOT NULL DEFAULT '''',
  atoll_state TEXT NOT NULL DEFAULT '''',
  atoll_hash BLOB
) STRICT');
INSERT INTO "atoll_meta" VALUES('fields.houses','id int64
price decimal(12,2)
area float
sold bool
seen_at timestamp
plan json
region text
version version
made_at timestamp
changed_at timestamp
');
INSERT INTO "atoll_meta" VALUES('table.parcels','CREATE TABLE "parcels" (
  "id" TEXT NOT NULL PRIMARY KEY CONSTRAINT "parcels_id_check" CHECK (length("id") <= 20 AND "id" <> ''''),
  "label" TEXT NOT NULL CONSTRAINT "parcels_label_check" CHECK (length("label") <= 40),
  "owner" TEXT CONSTRAINT "parcels_owner_check" CHECK (length("owner") = 36 AND "owner" NOT GLOB ''*[^0-9a-f-]*''),
  "items" INTEGER NOT NULL DEFAULT 0,
  "heaviest" INTEGER,
  "stage" TEXT NOT NULL DEFAULT ''packed'' CONSTRAINT "parcels_stage_check" CHECK ("stage" IN (''packed'', ''sent'', ''there'')),
  "version" INTEGER NOT NULL DEFAULT 1 CONSTRAINT "parcels_version_check" CHECK ("version" >= 1),
  atoll_vector TEXT NOT NULL DEFAULT '''',
  atoll_state TEXT NOT NULL DEFAULT '''',
  atoll_hash BLOB
) STRICT');
INSERT INTO "atoll_meta" VALUES('fields.parcels','id text
label text
owner uuid
items int32 counter
heaviest int64
stage lattice
version version
');
INSERT INTO "atoll_meta" VALUES('stamp','us.nhn1gf:12@1795958031428216');
INSERT INTO "atoll_meta" VALUES('digest.houses',X'000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000AD850B9C56367F0622EF158E8634C34A00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000C3BBF11008AAFF5ACF52620F67CC6964000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005867AA92E8A48AD4DC701394663871B2000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003');
INSERT INTO "atoll_meta" VALUES('next_slot.houses',117);
INSERT INTO "atoll_meta" VALUES('log_bytes',9229);
INSERT INTO "atoll_meta" VALUES('digest.parcels',X'00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006CD6AFBC835D26CAA1BBA60917C27A8500000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000009EABDB6A351E9DE5DA151EB388888F330000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000CCF837E372F30C843133C570E7C8EC9C00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000DEE7910E2B98D5475620CFCE6F75FA5F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003');
CREATE TABLE atoll_origins (
  number INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  received INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO "atoll_origins" VALUES(1,'us.nhn1gf',12,12,X'AA44B88AC77F350F797BB7F28604F776');
INSERT INTO "atoll_origins" VALUES(2,'eu.opap92',4,4,X'A3DAEEAB31EDB8D09B9B08C21C6C8C73');
CREATE TABLE atoll_requests (
  number INTEGER PRIMARY KEY, -- in the order saved
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  origin TEXT NOT NULL,
  seq INTEGER NOT NULL,
  resource TEXT NOT NULL,
  key ANY NOT NULL,
  kind INTEGER NOT NULL,
  attempt TEXT NOT NULL,
  body BLOB NOT NULL,
  effects TEXT NOT NULL -- to counters, and elsewhere: model/effects.hpp
) STRICT;
INSERT INTO "atoll_requests" VALUES(1,'id:make-house',1795958031297383,'us.nhn1gf',1,'houses',101,0,'',X'8B79E8A731DE3E0EB75D9AAA4BA43C91','');
INSERT INTO "atoll_requests" VALUES(2,'key:make-other',1795958031300892,'eu.opap92',1,'houses',102,0,'',X'378BF537FDAB6C03779BF0493E77C38F','');
INSERT INTO "atoll_requests" VALUES(3,'id:carried',1795958031338755,'us.nhn1gf',8,'houses',101,1,'forward-17361254521251670442-1',X'C27CD9BF5D8E5E83480AECFD47604722','');
INSERT INTO "atoll_requests" VALUES(5,'key:sell',1795958031361877,'us.nhn1gf',11,'parcels','twin',1,'',X'37652BDD10D60846344D55B56505625A','{"later":[{"stamp":"eu.opap92:4@1795958031363315","kind":"update","resource":"parcels","text":"twin","attempt":"","body":"37652bdd10d60846344d55b56505625a","life":"1 us.nhn1gf:6@1795958031323075","added":{"items":4}}],"life":"1 us.nhn1gf:6@1795958031323075","added":{"items":4}}');
CREATE TABLE "atoll_tombstones_houses" (
  "id" INTEGER PRIMARY KEY,
  "price" ANY,
  "area" ANY,
  "sold" ANY,
  "seen_at" ANY,
  "plan" ANY,
  "region" ANY,
  "version" ANY,
  "made_at" ANY,
  "changed_at" ANY,
  atoll_vector TEXT NOT NULL,
  atoll_state TEXT NOT NULL,
  atoll_hash BLOB
) STRICT;
CREATE TABLE "atoll_tombstones_parcels" (
  "id" TEXT PRIMARY KEY,
  "label" ANY,
  "owner" ANY,
  "items" ANY,
  "heaviest" ANY,
  "stage" ANY,
  "version" ANY,
  atoll_vector TEXT NOT NULL,
  atoll_state TEXT NOT NULL,
  atoll_hash BLOB
) STRICT;
INSERT INTO "atoll_tombstones_parcels" VALUES('gone','gone','0193b3a0-0000-7000-8000-000000000001',5,NULL,'packed',2,'us.nhn1gf:9:2','{"life":"2 us.nhn1gf:9@1795958031351871","stamps":{"label":"us.nhn1gf:5@1795958031320605","owner":"us.nhn1gf:5@1795958031320605","heaviest":"us.nhn1gf:5@1795958031320605","stage":"us.nhn1gf:5@1795958031320605"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:5@1795958031320605"]}}}',X'DEE7910E2B98D5475620CFCE6F75FA5F');
CREATE TABLE "houses" (
  "id" INTEGER PRIMARY KEY,
  "price" TEXT NOT NULL CONSTRAINT "houses_price_check" CHECK ("price" NOT GLOB '*[^0-9.]*' AND "price" GLOB '*[0-9]*' AND "price" NOT GLOB '*.???*' AND "price" NOT GLOB '*.*.*' AND CAST(round("price" * 1e2) AS INTEGER) BETWEEN 0 AND 999999999999),
  "area" REAL CONSTRAINT "houses_area_check" CHECK ("area" BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308),
  "sold" INTEGER NOT NULL DEFAULT 0 CONSTRAINT "houses_sold_check" CHECK ("sold" IN (0, 1)),
  "seen_at" TEXT CONSTRAINT "houses_seen_at_check" CHECK ("seen_at" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  "plan" TEXT CONSTRAINT "houses_plan_check" CHECK ("plan" IS NULL OR json_valid("plan")),
  "region" TEXT NOT NULL CONSTRAINT "houses_region_check" CHECK (length("region") <= 2),
  "version" INTEGER NOT NULL DEFAULT 1 CONSTRAINT "houses_version_check" CHECK ("version" >= 1),
  "made_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z') CONSTRAINT "houses_made_at_check" CHECK ("made_at" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  "changed_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z') CONSTRAINT "houses_changed_at_check" CHECK ("changed_at" GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  atoll_vector TEXT NOT NULL DEFAULT '',
  atoll_state TEXT NOT NULL DEFAULT '',
  atoll_hash BLOB
) STRICT;
INSERT INTO "houses" VALUES(7,'8.00',NULL,0,NULL,NULL,'us',2,'2026-11-29T13:13:51.303499Z','2026-11-29T13:13:51.428216Z','us.nhn1gf:12:2','{"life":"1 us.nhn1gf:2@1795958031303499","stamps":{"price":"us.nhn1gf:12@1795958031428216","changed_at":"us.nhn1gf:12@1795958031428216"}}',X'5867AA92E8A48AD4DC701394663871B2');
INSERT INTO "houses" VALUES(101,'250.00',80.5,1,'2026-01-02T03:04:05.000006Z','{"rooms":[1,2.5]}','us',3,'2026-11-29T13:13:51.297383Z','2026-11-29T13:13:51.338755Z','us.nhn1gf:8:3','{"life":"1 us.nhn1gf:1@1795958031297383","stamps":{"price":"us.nhn1gf:8@1795958031338755","sold":"us.nhn1gf:7@1795958031326973","changed_at":"us.nhn1gf:8@1795958031338755"}}',X'AD850B9C56367F0622EF158E8634C34A');
INSERT INTO "houses" VALUES(102,'1.00',NULL,0,NULL,NULL,'eu',1,'2026-11-29T13:13:51.300892Z','2026-11-29T13:13:51.300892Z','eu.opap92:1:1','{"life":"1 eu.opap92:1@1795958031300892","stamps":{}}',X'C3BBF11008AAFF5ACF52620F67CC6964');
CREATE TABLE "parcels" (
  "id" TEXT NOT NULL PRIMARY KEY CONSTRAINT "parcels_id_check" CHECK (length("id") <= 20 AND "id" <> ''),
  "label" TEXT NOT NULL CONSTRAINT "parcels_label_check" CHECK (length("label") <= 40),
  "owner" TEXT CONSTRAINT "parcels_owner_check" CHECK (length("owner") = 36 AND "owner" NOT GLOB '*[^0-9a-f-]*'),
  "items" INTEGER NOT NULL DEFAULT 0,
  "heaviest" INTEGER,
  "stage" TEXT NOT NULL DEFAULT 'packed' CONSTRAINT "parcels_stage_check" CHECK ("stage" IN ('packed', 'sent', 'there')),
  "version" INTEGER NOT NULL DEFAULT 1 CONSTRAINT "parcels_version_check" CHECK ("version" >= 1),
  atoll_vector TEXT NOT NULL DEFAULT '',
  atoll_state TEXT NOT NULL DEFAULT '',
  atoll_hash BLOB
) STRICT;
INSERT INTO "parcels" VALUES('one','one','0193b3a0-0000-7000-8000-000000000001',8,12,'sent',2,'eu.opap92:2:1,us.nhn1gf:3:1','{"life":"1 us.nhn1gf:3@1795958031305360","stamps":{"heaviest":"eu.opap92:2@1795958031349435","stage":"eu.opap92:2@1795958031349435"},"counters":{"items":{"eu.opap92":[3,"eu.opap92:2@1795958031349435"],"us.nhn1gf":[5,"us.nhn1gf:3@1795958031305360"]}}}',X'9EABDB6A351E9DE5DA151EB388888F33');
INSERT INTO "parcels" VALUES('two','of eu','0193b3a0-0000-7000-8000-000000000001',5,NULL,'packed',3,'eu.opap92:3:1,us.nhn1gf:10:2','{"life":"1 us.nhn1gf:4@1795958031308276","stamps":{"label":"eu.opap92:3@1795958031360311"},"counters":{"items":{"us.nhn1gf":[5,"us.nhn1gf:4@1795958031308276"]}}}',X'6CD6AFBC835D26CAA1BBA60917C27A85');
INSERT INTO "parcels" VALUES('twin','sold','0193b3a0-0000-7000-8000-000000000001',9,NULL,'packed',2,'eu.opap92:4:1,us.nhn1gf:11:2','{"life":"1 us.nhn1gf:6@1795958031323075","stamps":{"label":"eu.opap92:4@1795958031363315"},"counters":{"items":{"eu.opap92":[4,"eu.opap92:4@1795958031363315"],"us.nhn1gf":[9,"us.nhn1gf:11@1795958031361877"]}},"twins":[["eu.opap92",4,"1 us.nhn1gf:6@1795958031323075",{"items":4}]]}',X'CCF837E372F30C843133C570E7C8EC9C');
CREATE INDEX "houses_price_idx" ON "houses" (CAST(round("price" * 1e2) AS INTEGER));
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('atoll_conflicts',1);
COMMIT;
