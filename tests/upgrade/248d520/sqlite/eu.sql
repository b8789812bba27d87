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
INSERT INTO "atoll_conflicts" VALUES(1,'parcels','two',1795958019338629,'fields','{"fields":["label"],"here":{"key":"two","vector":"eu.x26mr0:3:1,us.47puiz:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:4@1795958019175184","stamps":{"label":"eu.x26mr0:3@1795958019294550"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}},"there":{"key":"two","vector":"us.47puiz:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:4@1795958019175184","stamps":{"label":"us.47puiz:10@1795958019292413"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}},"result":{"key":"two","vector":"eu.x26mr0:3:1,us.47puiz:10:2","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:4@1795958019175184","stamps":{"label":"eu.x26mr0:3@1795958019294550"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}}}');
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
INSERT INTO "atoll_dead_letters" VALUES(1,'us.47puiz',12,'houses',7,'the store /tmp/atoll-upgrade-p3hzrvvp/eu/data/eu.db: not this one',X'7B227374616D70223A2275732E34377075697A3A31324031373935393538303139333532393337222C226B696E64223A22757064617465222C227265736F75726365223A22686F75736573222C22736368656D61223A2263306331643539653331646435303562222C226174223A313739353935383031393335333035352C227772697474656E223A5B227072696365225D2C2272657175657374223A7B22696473223A5B5D2C22617474656D7074223A22222C22626F6479223A226361306232656262326530616533373264343632313330303130373530316339227D2C22726F77223A7B226B6579223A372C22766563746F72223A2275732E34377075697A3A31323A32222C226669656C6473223A7B227072696365223A382E30302C2261726561223A6E756C6C2C22736F6C64223A66616C73652C227365656E5F6174223A6E756C6C2C22706C616E223A6E756C6C2C22726567696F6E223A227573222C226D6164655F6174223A22323032362D31312D32395431333A31333A33392E3135353231315A222C226368616E6765645F6174223A22323032362D31312D32395431333A31333A33392E3335323933375A227D2C226C696665223A22312075732E34377075697A3A324031373935393538303139313535323131222C227374616D7073223A7B227072696365223A2275732E34377075697A3A31324031373935393538303139333532393337222C226368616E6765645F6174223A2275732E34377075697A3A31324031373935393538303139333532393337227D7D7D',1795958019354233);
CREATE TABLE atoll_log (
  id INTEGER PRIMARY KEY, -- the origin's number << 48 | seq
  at INTEGER NOT NULL,
  json TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO "atoll_log" VALUES(281474976710657,1795958019149771,'{"stamp":"eu.x26mr0:1@1795958019149725","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958019149771,"written":["price"],"request":{"ids":["key:make-other"],"attempt":"","body":"378bf537fdab6c03779bf0493e77c38f"},"row":{"key":102,"vector":"eu.x26mr0:1:1","fields":{"price":1.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"eu","made_at":"2026-11-29T13:13:39.149725Z","changed_at":"2026-11-29T13:13:39.149725Z"},"life":"1 eu.x26mr0:1@1795958019149725","stamps":{}}}',X'B08BC35DD555DA7306A51DE6C6524932');
INSERT INTO "atoll_log" VALUES(281474976710658,1795958019276611,'{"stamp":"eu.x26mr0:2@1795958019276479","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019276611,"written":["items","heaviest","stage"],"added":{"items":3},"request":{"ids":[],"attempt":"","body":"f70976261848973d200967f6da766fd5"},"row":{"key":"one","vector":"eu.x26mr0:2:1,us.47puiz:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":12,"stage":"sent"},"life":"1 us.47puiz:3@1795958019169152","stamps":{"heaviest":"eu.x26mr0:2@1795958019276479","stage":"eu.x26mr0:2@1795958019276479"},"counters":{"items":{"eu.x26mr0":[3,"eu.x26mr0:2@1795958019276479"],"us.47puiz":[5,"us.47puiz:3@1795958019169152"]}}}}',X'FE122F5410071427B6E05F7AB75C48F6');
INSERT INTO "atoll_log" VALUES(281474976710659,1795958019294629,'{"stamp":"eu.x26mr0:3@1795958019294550","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019294629,"written":["label"],"request":{"ids":[],"attempt":"","body":"49ca2a204a9307e4dff24af9822dc363"},"row":{"key":"two","vector":"eu.x26mr0:3:1,us.47puiz:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:4@1795958019175184","stamps":{"label":"eu.x26mr0:3@1795958019294550"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}}}',X'EBABC5DC4AB1E29D23465482DCE97149');
INSERT INTO "atoll_log" VALUES(281474976710660,1795958019297709,'{"stamp":"eu.x26mr0:4@1795958019297641","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019297709,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"eu.x26mr0:4:1,us.47puiz:6:1","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:6@1795958019194909","stamps":{"label":"eu.x26mr0:4@1795958019297641"},"counters":{"items":{"eu.x26mr0":[4,"eu.x26mr0:4@1795958019297641"],"us.47puiz":[5,"us.47puiz:6@1795958019194909"]}}}}',X'9B492D72C0281AD8A530650459EA89F2');
INSERT INTO "atoll_log" VALUES(562949953421313,1795958019146741,'{"stamp":"us.47puiz:1@1795958019146487","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958019146741,"written":["price","area","plan","seen_at"],"request":{"ids":["id:make-house"],"attempt":"","body":"8b79e8a731de3e0eb75d9aaa4ba43c91"},"row":{"key":101,"vector":"us.47puiz:1:1","fields":{"price":100.25,"area":80.5,"sold":false,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:39.146487Z","changed_at":"2026-11-29T13:13:39.146487Z"},"life":"1 us.47puiz:1@1795958019146487","stamps":{}}}',X'107A18646ACC266398CD5CCECA35D2CE');
INSERT INTO "atoll_log" VALUES(562949953421314,1795958019160326,'{"stamp":"us.47puiz:2@1795958019155211","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958019160326,"written":["price"],"request":{"ids":[],"attempt":"","body":"8d158dd6f971a8100e543cc86ed078a8"},"row":{"key":7,"vector":"us.47puiz:2:1","fields":{"price":7.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:39.155211Z","changed_at":"2026-11-29T13:13:39.155211Z"},"life":"1 us.47puiz:2@1795958019155211","stamps":{}}}',X'88D969F91D07FDE78DA0B867CCA9697B');
INSERT INTO "atoll_log" VALUES(562949953421315,1795958019169320,'{"stamp":"us.47puiz:3@1795958019169152","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019169320,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"46dab06e42c966144e2a351a4db1d647"},"row":{"key":"one","vector":"us.47puiz:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:3@1795958019169152","stamps":{},"counters":{"items":{"us.47puiz":[5,"us.47puiz:3@1795958019169152"]}}}}',X'ACBF7C9F1C21FFAD8D51291867D752E9');
INSERT INTO "atoll_log" VALUES(562949953421316,1795958019175620,'{"stamp":"us.47puiz:4@1795958019175184","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019175620,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"8b77b190b9cde7a99e37c3fb8f7aaf41"},"row":{"key":"two","vector":"us.47puiz:4:1","fields":{"label":"two","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:4@1795958019175184","stamps":{},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}}}',X'DCD6F43BD23D978D0C77ED9F1B50DB4E');
INSERT INTO "atoll_log" VALUES(562949953421317,1795958019190886,'{"stamp":"us.47puiz:5@1795958019190817","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019190886,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"904745889dbdeb0ccd888e74c5f76dc9"},"row":{"key":"gone","vector":"us.47puiz:5:1","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:5@1795958019190817","stamps":{},"counters":{"items":{"us.47puiz":[5,"us.47puiz:5@1795958019190817"]}}}}',X'A31B042E4CFEF349C38F2F9A589F79B9');
INSERT INTO "atoll_log" VALUES(562949953421318,1795958019195330,'{"stamp":"us.47puiz:6@1795958019194909","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019195330,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"3c76f95ea982a80501b2c774eaf732c0"},"row":{"key":"twin","vector":"us.47puiz:6:1","fields":{"label":"twin","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:6@1795958019194909","stamps":{},"counters":{"items":{"us.47puiz":[5,"us.47puiz:6@1795958019194909"]}}}}',X'77A15075E54AFB3246A9702CFCD3D378');
INSERT INTO "atoll_log" VALUES(562949953421319,1795958019217684,'{"stamp":"us.47puiz:7@1795958019217523","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958019217684,"written":["price","sold"],"request":{"ids":[],"attempt":"","body":"99fb8e80d27ae1dbd20cc3bfb7932bf9"},"row":{"key":101,"vector":"us.47puiz:7:2","fields":{"price":200.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:39.146487Z","changed_at":"2026-11-29T13:13:39.217523Z"},"life":"1 us.47puiz:1@1795958019146487","stamps":{"price":"us.47puiz:7@1795958019217523","sold":"us.47puiz:7@1795958019217523","changed_at":"us.47puiz:7@1795958019217523"}}}',X'373904F7B31898A7C3BE138E0E610405');
INSERT INTO "atoll_log" VALUES(562949953421320,1795958019241192,'{"stamp":"us.47puiz:8@1795958019240113","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958019241192,"written":["price"],"request":{"ids":["id:carried"],"attempt":"forward-2846083987904854258-1","body":"c27cd9bf5d8e5e83480aecfd47604722"},"row":{"key":101,"vector":"us.47puiz:8:3","fields":{"price":250.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:39.146487Z","changed_at":"2026-11-29T13:13:39.240113Z"},"life":"1 us.47puiz:1@1795958019146487","stamps":{"price":"us.47puiz:8@1795958019240113","sold":"us.47puiz:7@1795958019217523","changed_at":"us.47puiz:8@1795958019240113"}}}',X'4049621F6264FB855E9F8A63C522AF0C');
INSERT INTO "atoll_log" VALUES(562949953421321,1795958019279546,'{"stamp":"us.47puiz:9@1795958019279172","kind":"remove","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019279546,"written":[],"request":{"ids":[],"attempt":"","body":"887efbbccd12f689524d00dd9238d8db"},"row":{"key":"gone","vector":"us.47puiz:9:2","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"2 us.47puiz:9@1795958019279172","stamps":{"label":"us.47puiz:5@1795958019190817","owner":"us.47puiz:5@1795958019190817","heaviest":"us.47puiz:5@1795958019190817","stage":"us.47puiz:5@1795958019190817"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:5@1795958019190817"]}}}}',X'2A09232B5DBE1F02936A4968BAA234D8');
INSERT INTO "atoll_log" VALUES(562949953421322,1795958019292539,'{"stamp":"us.47puiz:10@1795958019292413","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019292539,"written":["label"],"request":{"ids":[],"attempt":"","body":"19d5b5378ec8f762c3b9933851996126"},"row":{"key":"two","vector":"us.47puiz:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:4@1795958019175184","stamps":{"label":"us.47puiz:10@1795958019292413"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}}}',X'C56891A9A9C5FE615008D11F1D8C3DE5');
INSERT INTO "atoll_log" VALUES(562949953421323,1795958019296252,'{"stamp":"us.47puiz:11@1795958019296177","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958019296252,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"us.47puiz:11:2","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.47puiz:6@1795958019194909","stamps":{"label":"us.47puiz:11@1795958019296177"},"counters":{"items":{"us.47puiz":[9,"us.47puiz:11@1795958019296177"]}}}}',X'AEC7939BD7CEF8530D974A2593B565CB');
INSERT INTO "atoll_log" VALUES(562949953421324,1795958019353055,'{"stamp":"us.47puiz:12@1795958019352937","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958019353055,"written":["price"],"request":{"ids":[],"attempt":"","body":"ca0b2ebb2e0ae372d4621300107501c9"},"row":{"key":7,"vector":"us.47puiz:12:2","fields":{"price":8.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:39.155211Z","changed_at":"2026-11-29T13:13:39.352937Z"},"life":"1 us.47puiz:2@1795958019155211","stamps":{"price":"us.47puiz:12@1795958019352937","changed_at":"us.47puiz:12@1795958019352937"}}}',X'574AC3CE18962D6D55851B7740BA6C77');
CREATE TABLE atoll_meta (name TEXT NOT NULL PRIMARY KEY, value ANY NOT NULL) STRICT;
INSERT INTO "atoll_meta" VALUES('format',1);
INSERT INTO "atoll_meta" VALUES('node','eu');
INSERT INTO "atoll_meta" VALUES('origin','eu.x26mr0');
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
INSERT INTO "atoll_meta" VALUES('digest.houses',X'0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006B8F8B77C65FC061C51864725501CCC2000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005CACED4738AF73468688BE139AFC915E00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000415293CE84A9532799F43B0DF1242D6B000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003');
INSERT INTO "atoll_meta" VALUES('log_bytes',9228);
INSERT INTO "atoll_meta" VALUES('stamp','eu.x26mr0:4@1795958019297641');
INSERT INTO "atoll_meta" VALUES('next_slot.houses',118);
INSERT INTO "atoll_meta" VALUES('digest.parcels',X'0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000C9A36432D595534D74F1EAC0EABAB5FE0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000E66689B00557B62D59335183160DCB080000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000DDDBC97DC6EAB8E41586BDEC31691BE7000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004AEA9EE05BB0B683CFB368DF97D8B59B000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003');
CREATE TABLE atoll_origins (
  number INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  received INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO "atoll_origins" VALUES(1,'eu.x26mr0',4,4,X'9B492D72C0281AD8A530650459EA89F2');
INSERT INTO "atoll_origins" VALUES(2,'us.47puiz',12,11,X'574AC3CE18962D6D55851B7740BA6C77');
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
INSERT INTO "atoll_requests" VALUES(1,'id:make-house',1795958019146487,'us.47puiz',1,'houses',101,0,'',X'8B79E8A731DE3E0EB75D9AAA4BA43C91','');
INSERT INTO "atoll_requests" VALUES(2,'key:make-other',1795958019149725,'eu.x26mr0',1,'houses',102,0,'',X'378BF537FDAB6C03779BF0493E77C38F','');
INSERT INTO "atoll_requests" VALUES(3,'id:carried',1795958019240113,'us.47puiz',8,'houses',101,1,'forward-2846083987904854258-1',X'C27CD9BF5D8E5E83480AECFD47604722','');
INSERT INTO "atoll_requests" VALUES(5,'key:sell',1795958019296177,'us.47puiz',11,'parcels','twin',1,'',X'37652BDD10D60846344D55B56505625A','{"later":[{"stamp":"eu.x26mr0:4@1795958019297641","kind":"update","resource":"parcels","text":"twin","attempt":"","body":"37652bdd10d60846344d55b56505625a","life":"1 us.47puiz:6@1795958019194909","added":{"items":4}}],"life":"1 us.47puiz:6@1795958019194909","added":{"items":4}}');
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
INSERT INTO "atoll_tombstones_parcels" VALUES('gone','gone','0193b3a0-0000-7000-8000-000000000001',5,NULL,'packed',2,'us.47puiz:9:2','{"life":"2 us.47puiz:9@1795958019279172","stamps":{"label":"us.47puiz:5@1795958019190817","owner":"us.47puiz:5@1795958019190817","heaviest":"us.47puiz:5@1795958019190817","stage":"us.47puiz:5@1795958019190817"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:5@1795958019190817"]}}}',X'4AEA9EE05BB0B683CFB368DF97D8B59B');
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
INSERT INTO "houses" VALUES(7,'7.00',NULL,0,NULL,NULL,'us',1,'2026-11-29T13:13:39.155211Z','2026-11-29T13:13:39.155211Z','us.47puiz:2:1','{"life":"1 us.47puiz:2@1795958019155211","stamps":{}}',X'415293CE84A9532799F43B0DF1242D6B');
INSERT INTO "houses" VALUES(101,'250.00',80.5,1,'2026-01-02T03:04:05.000006Z','{"rooms":[1,2.5]}','us',3,'2026-11-29T13:13:39.146487Z','2026-11-29T13:13:39.240113Z','us.47puiz:8:3','{"life":"1 us.47puiz:1@1795958019146487","stamps":{"price":"us.47puiz:8@1795958019240113","sold":"us.47puiz:7@1795958019217523","changed_at":"us.47puiz:8@1795958019240113"}}',X'6B8F8B77C65FC061C51864725501CCC2');
INSERT INTO "houses" VALUES(102,'1.00',NULL,0,NULL,NULL,'eu',1,'2026-11-29T13:13:39.149725Z','2026-11-29T13:13:39.149725Z','eu.x26mr0:1:1','{"life":"1 eu.x26mr0:1@1795958019149725","stamps":{}}',X'5CACED4738AF73468688BE139AFC915E');
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
INSERT INTO "parcels" VALUES('one','one','0193b3a0-0000-7000-8000-000000000001',8,12,'sent',2,'eu.x26mr0:2:1,us.47puiz:3:1','{"life":"1 us.47puiz:3@1795958019169152","stamps":{"heaviest":"eu.x26mr0:2@1795958019276479","stage":"eu.x26mr0:2@1795958019276479"},"counters":{"items":{"eu.x26mr0":[3,"eu.x26mr0:2@1795958019276479"],"us.47puiz":[5,"us.47puiz:3@1795958019169152"]}}}',X'E66689B00557B62D59335183160DCB08');
INSERT INTO "parcels" VALUES('two','of eu','0193b3a0-0000-7000-8000-000000000001',5,NULL,'packed',3,'eu.x26mr0:3:1,us.47puiz:10:2','{"life":"1 us.47puiz:4@1795958019175184","stamps":{"label":"eu.x26mr0:3@1795958019294550"},"counters":{"items":{"us.47puiz":[5,"us.47puiz:4@1795958019175184"]}}}',X'C9A36432D595534D74F1EAC0EABAB5FE');
INSERT INTO "parcels" VALUES('twin','sold','0193b3a0-0000-7000-8000-000000000001',9,NULL,'packed',2,'eu.x26mr0:4:1,us.47puiz:11:2','{"life":"1 us.47puiz:6@1795958019194909","stamps":{"label":"eu.x26mr0:4@1795958019297641"},"counters":{"items":{"eu.x26mr0":[4,"eu.x26mr0:4@1795958019297641"],"us.47puiz":[9,"us.47puiz:11@1795958019296177"]}},"twins":[["eu.x26mr0",4,"1 us.47puiz:6@1795958019194909",{"items":4}]]}',X'DDDBC97DC6EAB8E41586BDEC31691BE7');
CREATE INDEX "houses_price_idx" ON "houses" (CAST(round("price" * 1e2) AS INTEGER));
CREATE TRIGGER theirs BEFORE UPDATE ON houses WHEN NEW.id = 7 BEGIN SELECT RAISE(ABORT, 'not this one'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('atoll_conflicts',1);
INSERT INTO "sqlite_sequence" VALUES('atoll_dead_letters',1);
COMMIT;
