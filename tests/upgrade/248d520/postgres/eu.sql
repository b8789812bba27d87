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
CREATE FUNCTION public.theirs() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
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
INSERT INTO public.atoll_batches VALUES (1, 6369233426609304075, '{"origin":"eu.j1my8z","stamp":":0@0","origins":{"eu.j1my8z":{"received":0,"applied":0,"hash":"00000000000000000000000000000000"}},"next_slot":{},"cursors":{},"log_bytes":0,"last_request":0,"digests_of":["houses","parcels"]}', decode(repeat('00', 2080), 'hex'));
INSERT INTO public.atoll_batches VALUES (2, 8201647919292396268, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":1,"applied":1,"hash":"c602b5c2db487303fdf9aa0ed3e2f81e"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":1075,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\xb5b90ec6c911eab20d6fe011249b57ee'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 415), 'hex') || '\x02'::bytea || decode(repeat('00', 1040), 'hex'));
INSERT INTO public.atoll_batches VALUES (3, 5693653659600906006, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":2,"applied":2,"hash":"1f7c599bff070df4f32d28b0542759df"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":1563,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\xb5b90ec6c911eab20d6fe011249b57ee'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 1040), 'hex'));
INSERT INTO public.atoll_batches VALUES (4, 2019745395560955434, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":4,"applied":4,"hash":"575749b73f57c53554168f9f091b3254"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":2625,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\xb5b90ec6c911eab20d6fe011249b57ee'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\x8c0294d9c661af1ee22a7667b81d4dbc'::bytea || decode(repeat('00', 511), 'hex') || '\x02'::bytea);
INSERT INTO public.atoll_batches VALUES (5, 5818054784094705879, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":6,"applied":6,"hash":"89bad55a74f6dcda9377c4871b8e865b"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":3691,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\xb5b90ec6c911eab20d6fe011249b57ee'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\x8c0294d9c661af1ee22a7667b81d4dbc'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xdb75c24ecc6597627d0c1b2211957810'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (6, 8514781522729205698, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":7,"applied":7,"hash":"f5bd583a9f551af1afecafa54aff68a4"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":4347,"last_request":2,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x11edf5fcf87e0e48b8d21316b22c1f2b'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\x8c0294d9c661af1ee22a7667b81d4dbc'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xdb75c24ecc6597627d0c1b2211957810'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (7, 8684290212151512399, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":7,"applied":7,"hash":"f5bd583a9f551af1afecafa54aff68a4"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":4347,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\x8c0294d9c661af1ee22a7667b81d4dbc'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xdb75c24ecc6597627d0c1b2211957810'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (8, 9061189136265497822, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:1@1795958025836153","origins":{"eu.j1my8z":{"received":1,"applied":1,"hash":"be38b37381e0bb4092af9f737e3280ae"},"us.abqcxo":{"received":8,"applied":8,"hash":"b163f2b76d4895192c09458d68b45e99"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":5037,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\x8c0294d9c661af1ee22a7667b81d4dbc'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xdb75c24ecc6597627d0c1b2211957810'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (9, 5067722603074852976, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:2@1795958025933727","origins":{"eu.j1my8z":{"received":2,"applied":2,"hash":"73bf4e5b6817ce5d54c50c2390ab1955"},"us.abqcxo":{"received":8,"applied":8,"hash":"b163f2b76d4895192c09458d68b45e99"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":5708,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xdb75c24ecc6597627d0c1b2211957810'::bytea || decode(repeat('00', 239), 'hex') || '\x04'::bytea);
INSERT INTO public.atoll_batches VALUES (10, 4569127139588283794, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:2@1795958025933727","origins":{"eu.j1my8z":{"received":2,"applied":2,"hash":"73bf4e5b6817ce5d54c50c2390ab1955"},"us.abqcxo":{"received":9,"applied":9,"hash":"ec072cebd9539db4b7a19f0932e72122"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":6356,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x09b7d07a53cd965173590904173900b0'::bytea || decode(repeat('00', 320), 'hex') || '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xb240b2a5b1352484f449ae77371ae202'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (11, 2951829423435207146, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:3@1795958025961718","origins":{"eu.j1my8z":{"received":3,"applied":3,"hash":"c51e5f54c5b6eab123812b6baba632a9"},"us.abqcxo":{"received":9,"applied":9,"hash":"ec072cebd9539db4b7a19f0932e72122"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":6905,"last_request":3,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\xc789a1d5faf9913b71378b431da35bd7'::bytea || decode(repeat('00', 320), 'hex') || '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea || decode(repeat('00', 128), 'hex') || '\x66763d4a2655290dd56cd4eb0b9e7c0e'::bytea || decode(repeat('00', 112), 'hex') || '\xb240b2a5b1352484f449ae77371ae202'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (12, 2251950020661529555, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:4@1795958025966923","origins":{"eu.j1my8z":{"received":4,"applied":4,"hash":"2825207e31e30b4596e61810ddbcdae2"},"us.abqcxo":{"received":9,"applied":9,"hash":"ec072cebd9539db4b7a19f0932e72122"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":7539,"last_request":4,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\xc789a1d5faf9913b71378b431da35bd7'::bytea || decode(repeat('00', 320), 'hex') || '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea || decode(repeat('00', 128), 'hex') || '\xd6d536e497263cdd014d6d6c8e79c114'::bytea || decode(repeat('00', 112), 'hex') || '\xb240b2a5b1352484f449ae77371ae202'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (13, 2696630627169974941, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:4@1795958025966923","origins":{"eu.j1my8z":{"received":4,"applied":4,"hash":"2825207e31e30b4596e61810ddbcdae2"},"us.abqcxo":{"received":11,"applied":11,"hash":"90c0a5ee304439fa3fe1b3163bca58d0"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":8654,"last_request":5,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x81977714077bd640d50455263232a222'::bytea || decode(repeat('00', 320), 'hex') || '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea || decode(repeat('00', 128), 'hex') || '\x3ce8609230f923cc4b423fd8637cbb20'::bytea || decode(repeat('00', 112), 'hex') || '\xb240b2a5b1352484f449ae77371ae202'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_batches VALUES (14, 7527439029491929655, '{"origin":"eu.j1my8z","stamp":"eu.j1my8z:4@1795958025966923","origins":{"eu.j1my8z":{"received":4,"applied":4,"hash":"2825207e31e30b4596e61810ddbcdae2"},"us.abqcxo":{"received":12,"applied":11,"hash":"4e6b78a7c7ef1f47a148f06a8f6c3218"}},"next_slot":{"houses":118},"cursors":{},"log_bytes":9228,"last_request":5,"digests_of":["houses","parcels"]}', decode(repeat('00', 288), 'hex') || '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea || decode(repeat('00', 304), 'hex') || '\xa952e52609b38f9176cc015d0d34bb3e'::bytea || decode(repeat('00', 304), 'hex') || '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea || decode(repeat('00', 95), 'hex') || '\x03'::bytea || decode(repeat('00', 176), 'hex') || '\x81977714077bd640d50455263232a222'::bytea || decode(repeat('00', 320), 'hex') || '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea || decode(repeat('00', 128), 'hex') || '\x3ce8609230f923cc4b423fd8637cbb20'::bytea || decode(repeat('00', 112), 'hex') || '\xb240b2a5b1352484f449ae77371ae202'::bytea || decode(repeat('00', 239), 'hex') || '\x03'::bytea);
INSERT INTO public.atoll_conflicts OVERRIDING SYSTEM VALUE VALUES (1, 'parcels', 'two', '2026-11-29 13:13:46.007525', 'fields', '{"fields":["label"],"here":{"key":"two","vector":"eu.j1my8z:3:1,us.abqcxo:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:4@1795958025868930","stamps":{"label":"eu.j1my8z:3@1795958025961718"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}},"there":{"key":"two","vector":"us.abqcxo:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:4@1795958025868930","stamps":{"label":"us.abqcxo:10@1795958025959430"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}},"result":{"key":"two","vector":"eu.j1my8z:3:1,us.abqcxo:10:2","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:4@1795958025868930","stamps":{"label":"eu.j1my8z:3@1795958025961718"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}}}');
INSERT INTO public.atoll_dead_letters OVERRIDING SYSTEM VALUE VALUES (1, 'us.abqcxo', 12, 'houses', '7', 'not this one', '\x7b227374616d70223a2275732e61627163786f3a31324031373935393538303236303332383732222c226b696e64223a22757064617465222c227265736f75726365223a22686f75736573222c22736368656d61223a2263306331643539653331646435303562222c226174223a313739353935383032363033333331332c227772697474656e223a5b227072696365225d2c2272657175657374223a7b22696473223a5b5d2c22617474656d7074223a22222c22626f6479223a226361306232656262326530616533373264343632313330303130373530316339227d2c22726f77223a7b226b6579223a372c22766563746f72223a2275732e61627163786f3a31323a32222c226669656c6473223a7b227072696365223a382e30302c2261726561223a6e756c6c2c22736f6c64223a66616c73652c227365656e5f6174223a6e756c6c2c22706c616e223a6e756c6c2c22726567696f6e223a227573222c226d6164655f6174223a22323032362d31312d32395431333a31333a34352e3836323136335a222c226368616e6765645f6174223a22323032362d31312d32395431333a31333a34362e3033323837325a227d2c226c696665223a22312075732e61627163786f3a324031373935393538303235383632313633222c227374616d7073223a7b227072696365223a2275732e61627163786f3a31324031373935393538303236303332383732222c226368616e6765645f6174223a2275732e61627163786f3a31324031373935393538303236303332383732227d7d7d'::bytea, '2026-11-29 13:13:46.038688');
INSERT INTO public.atoll_leases VALUES (1, '2026-11-29 13:13:45.786842');
INSERT INTO public.atoll_log VALUES ('eu.j1my8z', 1, '2026-11-29 13:13:45.849941', '{"stamp":"eu.j1my8z:1@1795958025836153","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958025849941,"written":["price"],"request":{"ids":["key:make-other"],"attempt":"","body":"378bf537fdab6c03779bf0493e77c38f"},"row":{"key":102,"vector":"eu.j1my8z:1:1","fields":{"price":1.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"eu","made_at":"2026-11-29T13:13:45.836153Z","changed_at":"2026-11-29T13:13:45.836153Z"},"life":"1 eu.j1my8z:1@1795958025836153","stamps":{}}}', '\xbe38b37381e0bb4092af9f737e3280ae'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 1, '2026-11-29 13:13:45.821913', '{"stamp":"us.abqcxo:1@1795958025806787","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958025821913,"written":["price","area","plan","seen_at"],"request":{"ids":["id:make-house"],"attempt":"","body":"8b79e8a731de3e0eb75d9aaa4ba43c91"},"row":{"key":101,"vector":"us.abqcxo:1:1","fields":{"price":100.25,"area":80.5,"sold":false,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:45.806787Z","changed_at":"2026-11-29T13:13:45.806787Z"},"life":"1 us.abqcxo:1@1795958025806787","stamps":{}}}', '\xc602b5c2db487303fdf9aa0ed3e2f81e'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 2, '2026-11-29 13:13:45.863479', '{"stamp":"us.abqcxo:2@1795958025862163","kind":"create","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958025863479,"written":["price"],"request":{"ids":[],"attempt":"","body":"8d158dd6f971a8100e543cc86ed078a8"},"row":{"key":7,"vector":"us.abqcxo:2:1","fields":{"price":7.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:45.862163Z","changed_at":"2026-11-29T13:13:45.862163Z"},"life":"1 us.abqcxo:2@1795958025862163","stamps":{}}}', '\x1f7c599bff070df4f32d28b0542759df'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 3, '2026-11-29 13:13:45.866084', '{"stamp":"us.abqcxo:3@1795958025865342","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025866084,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"46dab06e42c966144e2a351a4db1d647"},"row":{"key":"one","vector":"us.abqcxo:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:3@1795958025865342","stamps":{},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:3@1795958025865342"]}}}}', '\xd4c8fa4821cc90e59d792565bf340e91'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 4, '2026-11-29 13:13:45.869131', '{"stamp":"us.abqcxo:4@1795958025868930","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025869131,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"8b77b190b9cde7a99e37c3fb8f7aaf41"},"row":{"key":"two","vector":"us.abqcxo:4:1","fields":{"label":"two","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:4@1795958025868930","stamps":{},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}}}', '\x575749b73f57c53554168f9f091b3254'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 5, '2026-11-29 13:13:45.870574', '{"stamp":"us.abqcxo:5@1795958025870421","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025870574,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"904745889dbdeb0ccd888e74c5f76dc9"},"row":{"key":"gone","vector":"us.abqcxo:5:1","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:5@1795958025870421","stamps":{},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:5@1795958025870421"]}}}}', '\x7f597ceb5fe3f65d112eb082c363cd3a'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 6, '2026-11-29 13:13:45.872043', '{"stamp":"us.abqcxo:6@1795958025871815","kind":"create","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025872043,"written":["label","items","owner"],"added":{"items":5},"request":{"ids":[],"attempt":"","body":"3c76f95ea982a80501b2c774eaf732c0"},"row":{"key":"twin","vector":"us.abqcxo:6:1","fields":{"label":"twin","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:6@1795958025871815","stamps":{},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:6@1795958025871815"]}}}}', '\x89bad55a74f6dcda9377c4871b8e865b'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 7, '2026-11-29 13:13:45.889158', '{"stamp":"us.abqcxo:7@1795958025888743","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958025889158,"written":["price","sold"],"request":{"ids":[],"attempt":"","body":"99fb8e80d27ae1dbd20cc3bfb7932bf9"},"row":{"key":101,"vector":"us.abqcxo:7:2","fields":{"price":200.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:45.806787Z","changed_at":"2026-11-29T13:13:45.888743Z"},"life":"1 us.abqcxo:1@1795958025806787","stamps":{"price":"us.abqcxo:7@1795958025888743","sold":"us.abqcxo:7@1795958025888743","changed_at":"us.abqcxo:7@1795958025888743"}}}', '\xf5bd583a9f551af1afecafa54aff68a4'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 8, '2026-11-29 13:13:45.924608', '{"stamp":"us.abqcxo:8@1795958025917691","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958025924608,"written":["price"],"request":{"ids":["id:carried"],"attempt":"forward-3549079547662100817-1","body":"c27cd9bf5d8e5e83480aecfd47604722"},"row":{"key":101,"vector":"us.abqcxo:8:3","fields":{"price":250.00,"area":80.5,"sold":true,"seen_at":"2026-01-02T03:04:05.000006Z","plan":{"rooms":[1,2.5]},"region":"us","made_at":"2026-11-29T13:13:45.806787Z","changed_at":"2026-11-29T13:13:45.917691Z"},"life":"1 us.abqcxo:1@1795958025806787","stamps":{"price":"us.abqcxo:8@1795958025917691","sold":"us.abqcxo:7@1795958025888743","changed_at":"us.abqcxo:8@1795958025917691"}}}', '\xb163f2b76d4895192c09458d68b45e99'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.j1my8z', 2, '2026-11-29 13:13:45.936317', '{"stamp":"eu.j1my8z:2@1795958025933727","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025936317,"written":["items","heaviest","stage"],"added":{"items":3},"request":{"ids":[],"attempt":"","body":"f70976261848973d200967f6da766fd5"},"row":{"key":"one","vector":"eu.j1my8z:2:1,us.abqcxo:3:1","fields":{"label":"one","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":12,"stage":"sent"},"life":"1 us.abqcxo:3@1795958025865342","stamps":{"heaviest":"eu.j1my8z:2@1795958025933727","stage":"eu.j1my8z:2@1795958025933727"},"counters":{"items":{"eu.j1my8z":[3,"eu.j1my8z:2@1795958025933727"],"us.abqcxo":[5,"us.abqcxo:3@1795958025865342"]}}}}', '\x73bf4e5b6817ce5d54c50c2390ab1955'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 9, '2026-11-29 13:13:45.939086', '{"stamp":"us.abqcxo:9@1795958025938740","kind":"remove","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025939086,"written":[],"request":{"ids":[],"attempt":"","body":"887efbbccd12f689524d00dd9238d8db"},"row":{"key":"gone","vector":"us.abqcxo:9:2","fields":{"label":"gone","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"2 us.abqcxo:9@1795958025938740","stamps":{"label":"us.abqcxo:5@1795958025870421","owner":"us.abqcxo:5@1795958025870421","heaviest":"us.abqcxo:5@1795958025870421","stage":"us.abqcxo:5@1795958025870421"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:5@1795958025870421"]}}}}', '\xec072cebd9539db4b7a19f0932e72122'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.j1my8z', 3, '2026-11-29 13:13:45.962041', '{"stamp":"eu.j1my8z:3@1795958025961718","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025962041,"written":["label"],"request":{"ids":[],"attempt":"","body":"49ca2a204a9307e4dff24af9822dc363"},"row":{"key":"two","vector":"eu.j1my8z:3:1,us.abqcxo:4:1","fields":{"label":"of eu","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:4@1795958025868930","stamps":{"label":"eu.j1my8z:3@1795958025961718"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}}}', '\xc51e5f54c5b6eab123812b6baba632a9'::bytea);
INSERT INTO public.atoll_log VALUES ('eu.j1my8z', 4, '2026-11-29 13:13:45.967204', '{"stamp":"eu.j1my8z:4@1795958025966923","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025967204,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"eu.j1my8z:4:1,us.abqcxo:6:1","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:6@1795958025871815","stamps":{"label":"eu.j1my8z:4@1795958025966923"},"counters":{"items":{"eu.j1my8z":[4,"eu.j1my8z:4@1795958025966923"],"us.abqcxo":[5,"us.abqcxo:6@1795958025871815"]}}}}', '\x2825207e31e30b4596e61810ddbcdae2'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 10, '2026-11-29 13:13:45.959842', '{"stamp":"us.abqcxo:10@1795958025959430","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025959842,"written":["label"],"request":{"ids":[],"attempt":"","body":"19d5b5378ec8f762c3b9933851996126"},"row":{"key":"two","vector":"us.abqcxo:10:2","fields":{"label":"of us","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:4@1795958025868930","stamps":{"label":"us.abqcxo:10@1795958025959430"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}}}', '\xd088323b056734a4980691b227b7bcc5'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 11, '2026-11-29 13:13:45.965345', '{"stamp":"us.abqcxo:11@1795958025965006","kind":"update","resource":"parcels","schema":"c0c1d59e31dd505b","at":1795958025965345,"written":["items","label"],"added":{"items":4},"request":{"ids":["key:sell"],"attempt":"","body":"37652bdd10d60846344d55b56505625a"},"row":{"key":"twin","vector":"us.abqcxo:11:2","fields":{"label":"sold","owner":"0193b3a0-0000-7000-8000-000000000001","heaviest":null,"stage":"packed"},"life":"1 us.abqcxo:6@1795958025871815","stamps":{"label":"us.abqcxo:11@1795958025965006"},"counters":{"items":{"us.abqcxo":[9,"us.abqcxo:11@1795958025965006"]}}}}', '\x90c0a5ee304439fa3fe1b3163bca58d0'::bytea);
INSERT INTO public.atoll_log VALUES ('us.abqcxo', 12, '2026-11-29 13:13:46.033313', '{"stamp":"us.abqcxo:12@1795958026032872","kind":"update","resource":"houses","schema":"c0c1d59e31dd505b","at":1795958026033313,"written":["price"],"request":{"ids":[],"attempt":"","body":"ca0b2ebb2e0ae372d4621300107501c9"},"row":{"key":7,"vector":"us.abqcxo:12:2","fields":{"price":8.00,"area":null,"sold":false,"seen_at":null,"plan":null,"region":"us","made_at":"2026-11-29T13:13:45.862163Z","changed_at":"2026-11-29T13:13:46.032872Z"},"life":"1 us.abqcxo:2@1795958025862163","stamps":{"price":"us.abqcxo:12@1795958026032872","changed_at":"us.abqcxo:12@1795958026032872"}}}', '\x4e6b78a7c7ef1f47a148f06a8f6c3218'::bytea);
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
INSERT INTO public.atoll_meta VALUES ('identity', '7713580976950641843/00000001/16385');
INSERT INTO public.atoll_node VALUES ('eu');
INSERT INTO public.atoll_requests VALUES ('key:make-other', 1, '2026-11-29 13:13:45.836153', 'eu.j1my8z', 1, 'houses', '102', 0, '', '\x378bf537fdab6c03779bf0493e77c38f'::bytea, '');
INSERT INTO public.atoll_requests VALUES ('id:make-house', 2, '2026-11-29 13:13:45.806787', 'us.abqcxo', 1, 'houses', '101', 0, '', '\x8b79e8a731de3e0eb75d9aaa4ba43c91'::bytea, '');
INSERT INTO public.atoll_requests VALUES ('id:carried', 3, '2026-11-29 13:13:45.917691', 'us.abqcxo', 8, 'houses', '101', 1, 'forward-3549079547662100817-1', '\xc27cd9bf5d8e5e83480aecfd47604722'::bytea, '');
INSERT INTO public.atoll_requests VALUES ('key:sell', 5, '2026-11-29 13:13:45.965006', 'us.abqcxo', 11, 'parcels', 'twin', 1, '', '\x37652bdd10d60846344d55b56505625a'::bytea, '{"later":[{"stamp":"eu.j1my8z:4@1795958025966923","kind":"update","resource":"parcels","text":"twin","attempt":"","body":"37652bdd10d60846344d55b56505625a","life":"1 us.abqcxo:6@1795958025871815","added":{"items":4}}],"life":"1 us.abqcxo:6@1795958025871815","added":{"items":4}}');
INSERT INTO public.atoll_tombstones_parcels VALUES ('gone', 'gone', '0193b3a0-0000-7000-8000-000000000001', 5, NULL, 'packed', 2, 'us.abqcxo:9:2', '{"life":"2 us.abqcxo:9@1795958025938740","stamps":{"label":"us.abqcxo:5@1795958025870421","owner":"us.abqcxo:5@1795958025870421","heaviest":"us.abqcxo:5@1795958025870421","stage":"us.abqcxo:5@1795958025870421"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:5@1795958025870421"]}}}', '\xb240b2a5b1352484f449ae77371ae202'::bytea);
INSERT INTO public.houses VALUES (102, 1.00, NULL, false, NULL, NULL, 'eu', 1, '2026-11-29 13:13:45.836153', '2026-11-29 13:13:45.836153', 'eu.j1my8z:1:1', '{"life":"1 eu.j1my8z:1@1795958025836153","stamps":{}}', '\xa952e52609b38f9176cc015d0d34bb3e'::bytea);
INSERT INTO public.houses VALUES (7, 7.00, NULL, false, NULL, NULL, 'us', 1, '2026-11-29 13:13:45.862163', '2026-11-29 13:13:45.862163', 'us.abqcxo:2:1', '{"life":"1 us.abqcxo:2@1795958025862163","stamps":{}}', '\x895b5fdb0287f6f15ecca6e2079f2d94'::bytea);
INSERT INTO public.houses VALUES (101, 250.00, 80.5, true, '2026-01-02 03:04:05.000006', '{"rooms":[1,2.5]}', 'us', 3, '2026-11-29 13:13:45.806787', '2026-11-29 13:13:45.917691', 'us.abqcxo:8:3', '{"life":"1 us.abqcxo:1@1795958025806787","stamps":{"price":"us.abqcxo:8@1795958025917691","sold":"us.abqcxo:7@1795958025888743","changed_at":"us.abqcxo:8@1795958025917691"}}', '\x1b34d0faf24ee702a6226db6ec90e8b0'::bytea);
INSERT INTO public.parcels VALUES ('one', 'one', '0193b3a0-0000-7000-8000-000000000001', 8, 12, 'sent', 2, 'eu.j1my8z:2:1,us.abqcxo:3:1', '{"life":"1 us.abqcxo:3@1795958025865342","stamps":{"heaviest":"eu.j1my8z:2@1795958025933727","stage":"eu.j1my8z:2@1795958025933727"},"counters":{"items":{"eu.j1my8z":[3,"eu.j1my8z:2@1795958025933727"],"us.abqcxo":[5,"us.abqcxo:3@1795958025865342"]}}}', '\xfbdcb714af93ea2f6ef2419e987e5098'::bytea);
INSERT INTO public.parcels VALUES ('two', 'of eu', '0193b3a0-0000-7000-8000-000000000001', 5, NULL, 'packed', 3, 'eu.j1my8z:3:1,us.abqcxo:10:2', '{"life":"1 us.abqcxo:4@1795958025868930","stamps":{"label":"eu.j1my8z:3@1795958025961718"},"counters":{"items":{"us.abqcxo":[5,"us.abqcxo:4@1795958025868930"]}}}', '\x81977714077bd640d50455263232a222'::bytea);
INSERT INTO public.parcels VALUES ('twin', 'sold', '0193b3a0-0000-7000-8000-000000000001', 9, NULL, 'packed', 2, 'eu.j1my8z:4:1,us.abqcxo:11:2', '{"life":"1 us.abqcxo:6@1795958025871815","stamps":{"label":"eu.j1my8z:4@1795958025966923"},"counters":{"items":{"eu.j1my8z":[4,"eu.j1my8z:4@1795958025966923"],"us.abqcxo":[9,"us.abqcxo:11@1795958025965006"]}},"twins":[["eu.j1my8z",4,"1 us.abqcxo:6@1795958025871815",{"items":4}]]}', '\x3ce8609230f923cc4b423fd8637cbb20'::bytea);
SELECT pg_catalog.setval('public.atoll_conflicts_id_seq', 1, true);
SELECT pg_catalog.setval('public.atoll_dead_letters_id_seq', 1, true);
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
CREATE TRIGGER theirs BEFORE UPDATE ON public.houses FOR EACH ROW WHEN ((new.id = 7)) EXECUTE FUNCTION public.theirs();
