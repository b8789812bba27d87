SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.atoll_batches (
    number bigint NOT NULL,
    token bigint NOT NULL,
    ledger json NOT NULL,
    digests bytea NOT NULL
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY public.atoll_batches ALTER COLUMN digests SET STORAGE EXTERNAL;
CREATE TABLE public.atoll_conflicts (
    id bigint NOT NULL,
    resource text NOT NULL,
    key text NOT NULL,
    at timestamp without time zone NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL
);
ALTER TABLE public.atoll_conflicts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.atoll_conflicts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.atoll_dead_letters (
    id bigint NOT NULL,
    source text NOT NULL,
    seq bigint NOT NULL,
    resource text,
    key text,
    reason text NOT NULL,
    body bytea NOT NULL,
    at timestamp without time zone NOT NULL
);
COMMENT ON COLUMN public.atoll_dead_letters.body IS 'as it came, which need not be text';
ALTER TABLE public.atoll_dead_letters ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.atoll_dead_letters_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.atoll_leases (
    number bigint NOT NULL,
    since timestamp without time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.atoll_log (
    origin text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    at timestamp without time zone NOT NULL,
    json text NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE public.atoll_meta (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.atoll_node (
    node text NOT NULL
);
CREATE TABLE public.atoll_requests (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    at timestamp without time zone NOT NULL,
    origin text NOT NULL,
    seq bigint NOT NULL,
    resource text NOT NULL,
    key text NOT NULL,
    kind smallint NOT NULL,
    attempt text NOT NULL,
    body bytea NOT NULL,
    effects text NOT NULL
);
COMMENT ON COLUMN public.atoll_requests.number IS 'in the order saved';
COMMENT ON COLUMN public.atoll_requests.effects IS 'to counters, and elsewhere';
CREATE TABLE public.atoll_tombstones_houses (
    id bigint NOT NULL,
    price numeric(12,2),
    area double precision,
    sold boolean,
    seen_at timestamp without time zone,
    plan json,
    region character varying(2) COLLATE pg_catalog."C",
    version integer,
    made_at timestamp without time zone,
    changed_at timestamp without time zone,
    atoll_vector text NOT NULL,
    atoll_state text NOT NULL,
    atoll_hash bytea
);
CREATE TABLE public.atoll_tombstones_parcels (
    id character varying(20) NOT NULL COLLATE pg_catalog."C",
    label character varying(40) COLLATE pg_catalog."C",
    owner uuid,
    items bigint,
    heaviest bigint,
    stage text COLLATE pg_catalog."C",
    version integer,
    atoll_vector text NOT NULL,
    atoll_state text NOT NULL,
    atoll_hash bytea
);
CREATE TABLE public.houses (
    id bigint NOT NULL,
    price numeric(12,2) NOT NULL,
    area double precision,
    sold boolean DEFAULT false NOT NULL,
    seen_at timestamp without time zone,
    plan json,
    region character varying(2) NOT NULL COLLATE pg_catalog."C",
    version integer DEFAULT 1 NOT NULL,
    made_at timestamp without time zone DEFAULT now() NOT NULL,
    changed_at timestamp without time zone DEFAULT now() NOT NULL,
    atoll_vector text DEFAULT ''::text NOT NULL,
    atoll_state text DEFAULT ''::text NOT NULL,
    atoll_hash bytea,
    CONSTRAINT houses_area_check CHECK (((area >= ('-179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision) AND (area <= ('179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'::numeric)::double precision))),
    CONSTRAINT houses_changed_at_check CHECK (((changed_at >= '0001-01-01 00:00:00'::timestamp without time zone) AND (changed_at <= '9999-12-31 23:59:59.999999'::timestamp without time zone))),
    CONSTRAINT houses_made_at_check CHECK (((made_at >= '0001-01-01 00:00:00'::timestamp without time zone) AND (made_at <= '9999-12-31 23:59:59.999999'::timestamp without time zone))),
    CONSTRAINT houses_price_check CHECK (((price >= 0.00) AND (price <= 9999999999.99))),
    CONSTRAINT houses_seen_at_check CHECK (((seen_at >= '0001-01-01 00:00:00'::timestamp without time zone) AND (seen_at <= '9999-12-31 23:59:59.999999'::timestamp without time zone))),
    CONSTRAINT houses_version_check CHECK ((version >= 1))
);
CREATE TABLE public.parcels (
    id character varying(20) NOT NULL COLLATE pg_catalog."C",
    label character varying(40) NOT NULL COLLATE pg_catalog."C",
    owner uuid,
    items bigint DEFAULT 0 NOT NULL,
    heaviest bigint,
    stage text DEFAULT 'packed'::text NOT NULL COLLATE pg_catalog."C",
    version integer DEFAULT 1 NOT NULL,
    atoll_vector text DEFAULT ''::text NOT NULL,
    atoll_state text DEFAULT ''::text NOT NULL,
    atoll_hash bytea,
    CONSTRAINT parcels_id_check CHECK (((id)::text <> ''::text)),
    CONSTRAINT parcels_stage_check CHECK ((stage = ANY (ARRAY['packed'::text, 'sent'::text, 'there'::text]))),
    CONSTRAINT parcels_version_check CHECK ((version >= 1))
);
INSERT INTO public.atoll_batches VALUES (1, 7737116473730395001, '{"origin":"us.wa2nxq","stamp":":0@0","origins":{"us.wa2nxq":{"received":0,"applied":0,"hash":"00000000000000000000000000000000"}},"next_slot":{},"cursors":{},"log_bytes":0,"last_request":0,"digests_of":["houses","parcels"]}', decode(repeat('00', 2080), 'hex'));
INSERT INTO public.atoll_batches VALUES (2, 534097649655537992, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:1@1795958038304222","origins":{"us.wa2nxq":{"received":1,"applied":1,"hash":"eb0138a9ed5c11bebf4f3fb65cfeb938"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":569,"last_request":1,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 735), 'hex') || '\x01'::bytea || decode(repeat('00', 1040), 'hex'));
INSERT INTO public.atoll_batches VALUES (3, 8454680230232774219, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:1@1795958038304222","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":1,"applied":1,"hash":"eb0138a9ed5c11bebf4f3fb65cfeb938"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":1075,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 415), 'hex') || '\x02'::bytea || decode(repeat('00', 1040), 'hex'));
INSERT INTO public.atoll_batches VALUES (4, 4833922988141034313, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:2@1795958038354985","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":2,"applied":2,"hash":"cc372982cf3d61a2e27d35400b7db57f"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":1563,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 1040), 'hex'));
INSERT INTO public.atoll_batches VALUES (5, 6689441675837093256, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:3@1795958038358426","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":3,"applied":3,"hash":"ca7befa75cc8dc8d8cb56dafd1689b77"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":2094,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 512), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 511), 'hex') || '\x01'::bytea);
INSERT INTO public.atoll_batches VALUES (6, 5718574768505244280, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:4@1795958038361793","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":4,"applied":4,"hash":"073a229db94456e36bdc57bde7751539"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":2625,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 511), 'hex') || '\x02'::bytea);
INSERT INTO public.atoll_batches VALUES (7, 1227428885492475449, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:5@1795958038370360","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":5,"applied":5,"hash":"287ac1e8bb06fb39040a7dc8fa0a9dab"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":3158,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 256), 'hex') || '\xa0e0db8ed5b40236b710f5ec81692667'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (8, 3530169807001182458, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:6@1795958038372134","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":6,"applied":6,"hash":"dd3bbe6b71f66cba4f53343fb84518e5"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":3691,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x6e7ee000dc74805d7c998235938c2a02'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 128), 'hex') || '\xa1b8355e954f0a33a706efb11053ab8c'::bytea || decode(repeat('00', 112), 'hex') || '\xa0e0db8ed5b40236b710f5ec81692667'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (9, 2745442603280334995, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:7@1795958038395511","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":7,"applied":7,"hash":"4bf9b444ea2d507544a436adc6d6eb36"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":4347,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x0924d46b49573657bf7ebfc0e531849e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 128), 'hex') || '\xa1b8355e954f0a33a706efb11053ab8c'::bytea || decode(repeat('00', 112), 'hex') || '\xa0e0db8ed5b40236b710f5ec81692667'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (10, 2477175596501183592, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:8@1795958038419306","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":8,"applied":8,"hash":"ddddfeb07d830a7e359f94b9aceb7cf9"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":5037,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 128), 'hex') || '\xa1b8355e954f0a33a706efb11053ab8c'::bytea || decode(repeat('00', 112), 'hex') || '\xa0e0db8ed5b40236b710f5ec81692667'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (11, 4837993192445948363, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:9@1795958038432757","origins":{"eu.5w13or":{"received":1,"applied":1,"hash":"0065d6043059200219387c895fd1a9c4"},"us.wa2nxq":{"received":9,"applied":9,"hash":"1037976bbd5418c48104cc7fed6575de"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":5685,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\xeca765abf35ca40a89be65d956930339'::bytea || decode(repeat('00', 128), 'hex') || '\xa1b8355e954f0a33a706efb11053ab8c'::bytea || decode(repeat('00', 112), 'hex') || '\x2c849ceb525d595832c885e350555439'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (12, 6784179953472678094, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:9@1795958038432757","origins":{"eu.5w13or":{"received":2,"applied":2,"hash":"a80b0a3566375f36f43ffe3cb4463931"},"us.wa2nxq":{"received":9,"applied":9,"hash":"1037976bbd5418c48104cc7fed6575de"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":6356,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x7884859d0aaf2d68045867bf1f02f936'::bytea || decode(repeat('00', 320), 'hex') || '\x1fe673c135df0c4012d6c45a298e553f'::bytea || decode(repeat('00', 128), 'hex') || '\xa1b8355e954f0a33a706efb11053ab8c'::bytea || decode(repeat('00', 112), 'hex') || '\x2c849ceb525d595832c885e350555439'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (13, 6844138690537266788, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:10@1795958038449403","origins":{"eu.5w13or":{"received":2,"applied":2,"hash":"a80b0a3566375f36f43ffe3cb4463931"},"us.wa2nxq":{"received":10,"applied":10,"hash":"bed02116ac1da8fefc9b340ec289d820"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":6894,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x330063ba5c60c975f585b98a475035cf'::bytea || decode(repeat('00', 320), 'hex') || '\x1fe673c135df0c4012d6c45a298e553f'::bytea || decode(repeat('00', 128), 'hex') || '\xa1b8355e954f0a33a706efb11053ab8c'::bytea || decode(repeat('00', 112), 'hex') || '\x2c849ceb525d595832c885e350555439'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (14, 1993047450882814534, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:11@1795958038453556","origins":{"eu.5w13or":{"received":2,"applied":2,"hash":"a80b0a3566375f36f43ffe3cb4463931"},"us.wa2nxq":{"received":11,"applied":11,"hash":"5e4e0ae9e6be2acc8b3eb0a1c21f3a97"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":7471,"last_request":4,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x330063ba5c60c975f585b98a475035cf'::bytea || decode(repeat('00', 320), 'hex') || '\x1fe673c135df0c4012d6c45a298e553f'::bytea || decode(repeat('00', 128), 'hex') || '\xef5b1b423b9895238781f398bbad1fae'::bytea || decode(repeat('00', 112), 'hex') || '\x2c849ceb525d595832c885e350555439'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (15, 9187686814342036474, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:11@1795958038453556","origins":{"eu.5w13or":{"received":4,"applied":4,"hash":"3e61a0584a605120608a950682cfc0f2"},"us.wa2nxq":{"received":11,"applied":11,"hash":"5e4e0ae9e6be2acc8b3eb0a1c21f3a97"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":8654,"last_request":5,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\xe699ad16ce62dee89920eadba84ec7d7'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09e8430f26ca915afe56b4452cb5baff'::bytea || decode(repeat('00', 320), 'hex') || '\x1fe673c135df0c4012d6c45a298e553f'::bytea || decode(repeat('00', 128), 'hex') || '\x128a0b5e8ebe8306eef953653e9614e6'::bytea || decode(repeat('00', 112), 'hex') || '\x2c849ceb525d595832c885e350555439'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (16, 408156838083149601, '{"origin":"us.wa2nxq","stamp":"us.wa2nxq:12@1795958038532641","origins":{"eu.5w13or":{"received":4,"applied":4,"hash":"3e61a0584a605120608a950682cfc0f2"},"us.wa2nxq":{"received":12,"applied":12,"hash":"83ad40d52e29d72372f9c492c9a345a1"}},"next_slot":{"houses":117},"cursors":{},"log_bytes":9228,"last_request":5,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x04102f34433110fa224307b570dd599e'::bytea || decode(repeat('00', 304), 'hex') || '\xd9b558d30945a11f1735fac05991f855'::bytea || decode(repeat('00', 304), 'hex') || '\x8f6a66163c8afb97a94d52a65eb22201'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09e8430f26ca915afe56b4452cb5baff'::bytea || decode(repeat('00', 320), 'hex') || '\x1fe673c135df0c4012d6c45a298e553f'::bytea || decode(repeat('00', 128), 'hex') || '\x128a0b5e8ebe8306eef953653e9614e6'::bytea || decode(repeat('00', 112), 'hex') || '\x2c849ceb525d595832c885e350555439'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_conflicts OVERRIDING SYSTEM VALUE VALUES (1, 'parcels', 'two', '2026-11-29 13:13:58.501769', 'fields', '{"fields":["label"],"here":{"key":"two","vector":"us.wa2nxq:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:4@1795958038361793","stamps":{"label":"us.wa2nxq:10@1795958038449403"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}},"there":{"key":"two","vector":"eu.5w13or:3:1,us.wa2nxq:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:4@1795958038361793","stamps":{"label":"eu.5w13or:3@1795958038451260"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}},"result":{"key":"two","vector":"eu.5w13or:3:1,us.wa2nxq:10:2","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:4@1795958038361793","stamps":{"label":"eu.5w13or:3@1795958038451260"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}}}');
INSERT INTO public.atoll_leases VALUES (1, '2026-11-29 13:13:58.219841');
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 1, '2026-11-29 13:13:58.310128', '{"stamp":"us.wa2nxq:1@1795958038304222","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958038310128,"written":["price","area","plan","seen_at"],"request":{"ids":["id:make-house"],"attempt":"","body":"8b79e8a731de3e0eb75d9aaa4ba43c91"},"row":{"key":101,"vector":"us.wa2nxq:1:1","fields":{"price":100.25,"area":80.5,"sold":false,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:58.304222Z","changed_at":"2026-11-29T13:13:58.304222Z"},"life":"1 us.wa2nxq:1@1795958038304222","stamps":{}}}', '\xeb0138a9ed5c11bebf4f3fb65cfeb938'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.5w13or', 1, '2026-11-29 13:13:58.335706', '{"stamp":"eu.5w13or:1@1795958038317313","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958038335706,"written":["price"],"request":{"ids":["key:make-other"],"attempt":"","body":"378bf537fdab6c03779bf0493e77c38f"},"row":{"key":102,"vector":"eu.5w13or:1:1","fields":{"price":1.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"eu","made_at":"2026-11-29T13:13:58.317313Z","changed_at":"2026-11-29T13:13:58.317313Z"},"life":"1 eu.5w13or:1@1795958038317313","stamps":{}}}', '\x0065d6043059200219387c895fd1a9c4'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 2, '2026-11-29 13:13:58.356581', '{"stamp":"us.wa2nxq:2@1795958038354985","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958038356581,"written":["price"],"request":{"ids":[],"attempt":"","body":"8d158dd6f971a8100e543cc86ed078a8"},"row":{"key":7,"vector":"us.wa2nxq:2:1","fields":{"price":7.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:58.354985Z","changed_at":"2026-11-29T13:13:58.354985Z"},"life":"1 us.wa2nxq:2@1795958038354985","stamps":{}}}', '\xcc372982cf3d61a2e27d35400b7db57f'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 3, '2026-11-29 13:13:58.35917', '{"stamp":"us.wa2nxq:3@1795958038358426","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038359170,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"46dab06e42c966144e2a351a4db1d647"},"row":{"key":"one","vector":"us.wa2nxq:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:3@1795958038358426","stamps":{},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:3@1795958038358426"]}}}}', '\xca7befa75cc8dc8d8cb56dafd1689b77'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 4, '2026-11-29 13:13:58.362036', '{"stamp":"us.wa2nxq:4@1795958038361793","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038362036,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"8b77b190b9cde7a99e37c3fb8f7aaf41"},"row":{"key":"two","vector":"us.wa2nxq:4:1","fields":{"label":"two","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:4@1795958038361793","stamps":{},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}}}', '\x073a229db94456e36bdc57bde7751539'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 5, '2026-11-29 13:13:58.370627', '{"stamp":"us.wa2nxq:5@1795958038370360","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038370627,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"904745889dbdeb0ccd888e74c5f76dc9"},"row":{"key":"gone","vector":"us.wa2nxq:5:1","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:5@1795958038370360","stamps":{},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:5@1795958038370360"]}}}}', '\x287ac1e8bb06fb39040a7dc8fa0a9dab'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 6, '2026-11-29 13:13:58.372379', '{"stamp":"us.wa2nxq:6@1795958038372134","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038372379,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"3c76f95ea982a80501b2c774eaf732c0"},"row":{"key":"twin","vector":"us.wa2nxq:6:1","fields":{"label":"twin","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:6@1795958038372134","stamps":{},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:6@1795958038372134"]}}}}', '\xdd3bbe6b71f66cba4f53343fb84518e5'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 7, '2026-11-29 13:13:58.400442', '{"stamp":"us.wa2nxq:7@1795958038395511","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958038400442,"written":["price","sold"],"request":{"ids":[],"attempt":"","body":"99fb8e80d27ae1dbd20cc3bfb7932bf9"},"row":{"key":101,"vector":"us.wa2nxq:7:2","fields":{"price":200.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:58.304222Z","changed_at":"2026-11-29T13:13:58.395511Z"},"life":"1 us.wa2nxq:1@1795958038304222","stamps":{"price":"us.wa2nxq:7@1795958038395511","sold":"us.wa2nxq:7@1795958038395511","changed_at":"us.wa2nxq:7@1795958038395511"}}}', '\x4bf9b444ea2d507544a436adc6d6eb36'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 8, '2026-11-29 13:13:58.424342', '{"stamp":"us.wa2nxq:8@1795958038419306","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958038424342,"written":["price"],"request":{"ids":["id:carried"],"attempt":"forward-1516592346254656138-1","body":"c27cd9bf5d8e5e83480aecfd47604722"},"row":{"key":101,"vector":"us.wa2nxq:8:3","fields":{"price":250.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:58.304222Z","changed_at":"2026-11-29T13:13:58.419306Z"},"life":"1 us.wa2nxq:1@1795958038304222","stamps":{"price":"us.wa2nxq:8@1795958038419306","sold":"us.wa2nxq:7@1795958038395511","changed_at":"us.wa2nxq:8@1795958038419306"}}}', '\xddddfeb07d830a7e359f94b9aceb7cf9'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 9, '2026-11-29 13:13:58.433519', '{"stamp":"us.wa2nxq:9@1795958038432757","kind":"remove","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038433519,"written":[],"request":{"ids":[],"attempt":"","body":"887efbbccd12f689524d00dd9238d8db"},"row":{"key":"gone","vector":"us.wa2nxq:9:2","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"2 us.wa2nxq:9@1795958038432757","stamps":{"label":"us.wa2nxq:5@1795958038370360","owner":"us.wa2nxq:5@1795958038370360","heaviest":"us.wa2nxq:5@1795958038370360","stage":"us.wa2nxq:5@1795958038370360"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:5@1795958038370360"]}}}}', '\x1037976bbd5418c48104cc7fed6575de'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.5w13or', 2, '2026-11-29 13:13:58.430716', '{"stamp":"eu.5w13or:2@1795958038429568","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038430716,"written":["items","heaviest","stage"],"added":{"items":3},"request":{"ids":[],"attempt":"","body":"f70976261848973d200967f6da766fd5"},"row":{"key":"one","vector":"eu.5w13or:2:1,us.wa2nxq:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":12,"stage":"sent"},"life":"1 us.wa2nxq:3@1795958038358426","stamps":{"heaviest":"eu.5w13or:2@1795958038429568","stage":"eu.5w13or:2@1795958038429568"},"counters":{"items":{"eu.5w13or":[3,"eu.5w13or:2@1795958038429568"],"us.wa2nxq":[5,"us.wa2nxq:3@1795958038358426"]}}}}', '\xa80b0a3566375f36f43ffe3cb4463931'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 10, '2026-11-29 13:13:58.449783', '{"stamp":"us.wa2nxq:10@1795958038449403","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038449783,"written":["label"],"request":{"ids":[],"attempt":"","body":"19d5b5378ec8f762c3b9933851996126"},"row":{"key":"two","vector":"us.wa2nxq:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:4@1795958038361793","stamps":{"label":"us.wa2nxq:10@1795958038449403"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}}}', '\xbed02116ac1da8fefc9b340ec289d820'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 11, '2026-11-29 13:13:58.453863', '{"stamp":"us.wa2nxq:11@1795958038453556","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038453863,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"us.wa2nxq:11:2","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:6@1795958038372134","stamps":{"label":"us.wa2nxq:11@1795958038453556"},"counters":{"items":{"us.wa2nxq":[9,"us.wa2nxq:11@1795958038453556"]}}}}', '\x5e4e0ae9e6be2acc8b3eb0a1c21f3a97'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.5w13or', 3, '2026-11-29 13:13:58.451936', '{"stamp":"eu.5w13or:3@1795958038451260","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038451936,"written":["label"],"request":{"ids":[],"attempt":"","body":"49ca2a204a9307e4dff24af9822dc363"},"row":{"key":"two","vector":"eu.5w13or:3:1,us.wa2nxq:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:4@1795958038361793","stamps":{"label":"eu.5w13or:3@1795958038451260"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}}}', '\xe67b64d1cb5e156c371f998a0b9241a8'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.5w13or', 4, '2026-11-29 13:13:58.456579', '{"stamp":"eu.5w13or:4@1795958038455595","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958038456579,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"eu.5w13or:4:1,us.wa2nxq:6:1","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.wa2nxq:6@1795958038372134","stamps":{"label":"eu.5w13or:4@1795958038455595"},"counters":{"items":{"eu.5w13or":[4,"eu.5w13or:4@1795958038455595"],"us.wa2nxq":[5,"us.wa2nxq:6@1795958038372134"]}}}}', '\x3e61a0584a605120608a950682cfc0f2'::bytea);
INSERT INTO public.atoll_log VALUES ('us.wa2nxq', 12, '2026-11-29 13:13:58.534751', '{"stamp":"us.wa2nxq:12@1795958038532641","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958038534751,"written":["price"],"request":{"ids":[],"attempt":"","body":"ca0b2ebb2e0ae372d4621300107501c9"},"row":{"key":7,"vector":"us.wa2nxq:12:2","fields":{"price":8.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:58.354985Z","changed_at":"2026-11-29T13:13:58.532641Z"},"life":"1 us.wa2nxq:2@1795958038354985","stamps":{"price":"us.wa2nxq:12@1795958038532641","changed_at":"us.wa2nxq:12@1795958038532641"}}}', '\x83ad40d52e29d72372f9c492c9a345a1'::bytea);
INSERT INTO public.atoll_meta VALUES ('table.houses', 'CREATE TABLE "houses" (
  "id" BIGINT PRIMARY KEY,
  "price" NUMERIC(12,2) NOT NULL CONSTRAINT "houses_price_check" CHECK ("price" BETWEEN 0.00 AND 9999999999.99),
  "area" DOUBLE PRECISION CONSTRAINT "houses_area_check" CHECK ("area" BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308),
  "sold" BOOLEAN NOT NULL DEFAULT false,
  "seen_at" TIMESTAMP CONSTRAINT "houses_seen_at_check" CHECK ("seen_at" BETWEEN ''0001-01-01'' AND ''9999-12-31 23:59:59.999999''),
  "plan" JSON,
  "region" VARCHAR(2) COLLATE "C" NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1 CONSTRAINT "houses_version_check" CHECK ("version" >= 1),
  "made_at" TIMESTAMP NOT NULL DEFAULT now() CONSTRAINT "houses_made_at_check" CHECK ("made_at" BETWEEN ''0001-01-01'' AND ''9999-12-31 23:59:59.999999''),
  "changed_at" TIMESTAMP NOT NULL DEFAULT now() CONSTRAINT "houses_changed_at_check" CHECK ("changed_at" BETWEEN ''0001-01-01'' AND ''9999-12-31 23:59:59.999999''),
  atoll_vector TEXT NOT NULL DEFAULT '''',
  atoll_state TEXT NOT NULL DEFAULT '''',
  atoll_hash BYTEA
)');
INSERT INTO public.atoll_meta VALUES ('fields.houses', 'id int64
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
INSERT INTO public.atoll_meta VALUES ('index.houses_price_idx', 'CREATE INDEX "houses_price_idx" ON "houses" ("price", "id")');
INSERT INTO public.atoll_meta VALUES ('table.parcels', 'CREATE TABLE "parcels" (
  "id" VARCHAR(20) COLLATE "C" PRIMARY KEY CONSTRAINT "parcels_id_check" CHECK ("id" <> ''''),
  "label" VARCHAR(40) COLLATE "C" NOT NULL,
  "owner" UUID,
  "items" BIGINT NOT NULL DEFAULT 0,
  "heaviest" BIGINT,
  "stage" TEXT COLLATE "C" NOT NULL DEFAULT ''packed'' CONSTRAINT "parcels_stage_check" CHECK ("stage" IN (''packed'', ''sent'', ''there'')),
  "version" INTEGER NOT NULL DEFAULT 1 CONSTRAINT "parcels_version_check" CHECK ("version" >= 1),
  atoll_vector TEXT NOT NULL DEFAULT '''',
  atoll_state TEXT NOT NULL DEFAULT '''',
  atoll_hash BYTEA
)');
INSERT INTO public.atoll_meta VALUES ('fields.parcels', 'id text
label text
owner uuid
items int32 counter
heaviest int64
stage lattice
version version
');
INSERT INTO public.atoll_meta VALUES ('format', '1');
INSERT INTO public.atoll_meta VALUES ('identity', '7713581028993041879/00000001/16384');
INSERT INTO public.atoll_node VALUES ('us');
INSERT INTO public.atoll_requests VALUES ('id:make-house', 1, '2026-11-29 13:13:58.304222', 'us.wa2nxq', 1, 'houses', '101', 0, '', '\x8b79e8a731de3e0eb75d9aaa4ba43c91'::bytea, '');
INSERT INTO public.atoll_requests VALUES ('key:make-other', 2, '2026-11-29 13:13:58.317313', 'eu.5w13or', 1, 'houses', '102', 0, '', '\x378bf537fdab6c03779bf0493e77c38f'::bytea, '');
INSERT INTO public.atoll_requests VALUES ('id:carried', 3, '2026-11-29 13:13:58.419306', 'us.wa2nxq', 8, 'houses', '101', 1, 'forward-1516592346254656138-1', '\xc27cd9bf5d8e5e83480aecfd47604722'::bytea, '');
INSERT INTO public.atoll_requests VALUES ('key:sell', 5, '2026-11-29 13:13:58.453556', 'us.wa2nxq', 11, 'parcels', 'twin', 1, '', '\x37652bdd10d60846344d55b56505625a'::bytea, '{"later":[{"stamp":"eu.5w13or:4@1795958038455595","kind":"update","resource":"parcels","text":"twin","attempt":"","body":"37652bdd10d60846344d55b56505625a","life":"1 us.wa2nxq:6@1795958038372134","added":{"items":4}}],"life":"1 us.wa2nxq:6@1795958038372134","added":{"items":4}}');
INSERT INTO public.atoll_tombstones_parcels VALUES ('gone', 'gone', '0193b3a0-0000-7000-8000-000000000001', 5, NULL, 'packed', 2, 'us.wa2nxq:9:2', '{"life":"2 us.wa2nxq:9@1795958038432757","stamps":{"label":"us.wa2nxq:5@1795958038370360","owner":"us.wa2nxq:5@1795958038370360","heaviest":"us.wa2nxq:5@1795958038370360","stage":"us.wa2nxq:5@1795958038370360"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:5@1795958038370360"]}}}', '\x2c849ceb525d595832c885e350555439'::bytea);
INSERT INTO public.houses VALUES (102, 1.00, NULL, false, NULL, NULL, 'eu', 1, '2026-11-29 13:13:58.317313', '2026-11-29 13:13:58.317313', 'eu.5w13or:1:1', '{"life":"1 eu.5w13or:1@1795958038317313","stamps":{}}', '\xd9b558d30945a11f1735fac05991f855'::bytea);
INSERT INTO public.houses VALUES (101, 250.00, 80.5, true, '2026-01-02 03:04:05.000006', '{"rooms":[1,2.5]}', 'us', 3, '2026-11-29 13:13:58.304222', '2026-11-29 13:13:58.419306', 'us.wa2nxq:8:3', '{"life":"1 us.wa2nxq:1@1795958038304222","stamps":{"price":"us.wa2nxq:8@1795958038419306","sold":"us.wa2nxq:7@1795958038395511","changed_at":"us.wa2nxq:8@1795958038419306"}}', '\x04102f34433110fa224307b570dd599e'::bytea);
INSERT INTO public.houses VALUES (7, 8.00, NULL, false, NULL, NULL, 'us', 2, '2026-11-29 13:13:58.354985', '2026-11-29 13:13:58.532641', 'us.wa2nxq:12:2', '{"life":"1 us.wa2nxq:2@1795958038354985","stamps":{"price":"us.wa2nxq:12@1795958038532641","changed_at":"us.wa2nxq:12@1795958038532641"}}', '\x8f6a66163c8afb97a94d52a65eb22201'::bytea);
INSERT INTO public.parcels VALUES ('one', 'one', '0193b3a0-0000-7000-8000-000000000001', 8, 12, 'sent', 2, 'eu.5w13or:2:1,us.wa2nxq:3:1', '{"life":"1 us.wa2nxq:3@1795958038358426","stamps":{"heaviest":"eu.5w13or:2@1795958038429568","stage":"eu.5w13or:2@1795958038429568"},"counters":{"items":{"eu.5w13or":[3,"eu.5w13or:2@1795958038429568"],"us.wa2nxq":[5,"us.wa2nxq:3@1795958038358426"]}}}', '\x1fe673c135df0c4012d6c45a298e553f'::bytea);
INSERT INTO public.parcels VALUES ('two', 'of eu', '0193b3a0-0000-7000-8000-000000000001', 5, NULL, 'packed', 3, 'eu.5w13or:3:1,us.wa2nxq:10:2', '{"life":"1 us.wa2nxq:4@1795958038361793","stamps":{"label":"eu.5w13or:3@1795958038451260"},"counters":{"items":{"us.wa2nxq":[5,"us.wa2nxq:4@1795958038361793"]}}}', '\x09e8430f26ca915afe56b4452cb5baff'::bytea);
INSERT INTO public.parcels VALUES ('twin', 'sold', '0193b3a0-0000-7000-8000-000000000001', 9, NULL, 'packed', 2, 'eu.5w13or:4:1,us.wa2nxq:11:2', '{"life":"1 us.wa2nxq:6@1795958038372134","stamps":{"label":"eu.5w13or:4@1795958038455595"},"counters":{"items":{"eu.5w13or":[4,"eu.5w13or:4@1795958038455595"],"us.wa2nxq":[9,"us.wa2nxq:11@1795958038453556"]}},"twins":[["eu.5w13or",4,"1 us.wa2nxq:6@1795958038372134",{"items":4}]]}', '\x128a0b5e8ebe8306eef953653e9614e6'::bytea);
SELECT pg_catalog.setval('public.atoll_conflicts_id_seq', 1, true);
SELECT pg_catalog.setval('public.atoll_dead_letters_id_seq', 1, false);
ALTER TABLE ONLY public.atoll_batches
    ADD CONSTRAINT atoll_batches_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.atoll_conflicts
    ADD CONSTRAINT atoll_conflicts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.atoll_dead_letters
    ADD CONSTRAINT atoll_dead_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.atoll_dead_letters
    ADD CONSTRAINT atoll_dead_letters_source_seq_key UNIQUE (source, seq);
ALTER TABLE ONLY public.atoll_leases
    ADD CONSTRAINT atoll_leases_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.atoll_log
    ADD CONSTRAINT atoll_log_pkey PRIMARY KEY (origin, seq);
ALTER TABLE ONLY public.atoll_meta
    ADD CONSTRAINT atoll_meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.atoll_node
    ADD CONSTRAINT atoll_node_pkey PRIMARY KEY (node);
ALTER TABLE ONLY public.atoll_requests
    ADD CONSTRAINT atoll_requests_number_key UNIQUE (number);
ALTER TABLE ONLY public.atoll_requests
    ADD CONSTRAINT atoll_requests_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.atoll_tombstones_houses
    ADD CONSTRAINT atoll_tombstones_houses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.atoll_tombstones_parcels
    ADD CONSTRAINT atoll_tombstones_parcels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.houses
    ADD CONSTRAINT houses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.parcels
    ADD CONSTRAINT parcels_pkey PRIMARY KEY (id);
CREATE INDEX houses_price_idx ON public.houses USING btree (price, id);
