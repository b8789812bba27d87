#include "api/request_inputs.hpp"
#include "model/sizes.hpp"
#include "request_decoding_fixture.hpp"

namespace reef::api {
namespace {

using http::Method;
using model::Intent;
using model::Key;
using model::RequestKind;
using model::Resource;
using model::Value;
using model::WriteKind;
using Headers = RequestText::Headers;

// ---- keys ------------------------------------------------------------------------------------

TEST_F(Reading, IntegerKeys) {
    const std::pair<const char*, std::int64_t> good[] = {
        {"10", 10},
        {"0", 0},
        {"-3", -3},
        {"007", 7},
        {"-0", 0},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()}};
    for (const auto& [text, wanted] : good) {
        EXPECT_EQ(key(things(), text), "") << text;
        EXPECT_EQ(key_, Key{wanted}) << text;
    }
    for (const char* text : {"", "-", "x", "1x", "1.0", "1e3", "+1", " 1", "1 ", "--1", "\xd9\xa1",
                             "0x10", "true", "null", "1-"}) {
        EXPECT_EQ(key(things(), text), "parameter id: must be an integer\n") << text;
        EXPECT_FALSE(key_);
    }
}

TEST_F(Reading, NoRecordHasAKeyBeyond64Bits) {
    for (const char* text : {"9223372036854775808", "-9223372036854775809",
                             "100000000000000000000000000000000000000000"}) {
        EXPECT_EQ(key(things(), text), "") << text;
        EXPECT_FALSE(key_) << text;
    }
}

TEST_F(Reading, TextKeys) {
    EXPECT_EQ(key(notes(), "a/b ~"), "");
    EXPECT_EQ(key_, Key{std::string{"a/b ~"}});
    EXPECT_EQ(key(notes(), "12345678"), "");
    EXPECT_EQ(key(notes(), "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"), "");
    EXPECT_EQ(key(notes(), "123456789"), "parameter id: must have at most 8 characters\n");
    EXPECT_EQ(key(notes(), ""), "parameter id: must not be empty\n");
    EXPECT_EQ(key(notes(), "\xff"), "parameter id: must be UTF-8\n");
    EXPECT_EQ(key(notes(), "\xed\xa0\x80"), "parameter id: must be UTF-8\n");
    EXPECT_EQ(key(notes(), std::string_view("a\0b", 3)), "parameter id: must not contain U+0000\n");
    EXPECT_FALSE(key_);
}

// ---- headers ---------------------------------------------------------------------------------

TEST_F(Reading, HeadersThatNameTheRequest) {
    EXPECT_EQ(headers(things(), {{"X-Request-ID", "a 1"},
                                 {"idempotency-key", "k1"},
                                 {"ATOLL-ATTEMPT", "t1"},
                                 {"Operation-Name", "make"}}),
              "");
    ASSERT_EQ(intent_.request.ids.size(), 2U);
    EXPECT_EQ(intent_.request.ids[0].kind, RequestKind::id);
    EXPECT_EQ(intent_.request.ids[0].text, "a 1");
    EXPECT_EQ(intent_.request.ids[1].kind, RequestKind::key);
    EXPECT_EQ(intent_.request.ids[1].text, "k1");
    EXPECT_EQ(intent_.request.attempt, "t1");
    ASSERT_EQ(intent_.headers.size(), 1U);
    EXPECT_EQ(intent_.headers[0], (std::pair<std::string, std::string>{"operation-name", "make"}));
}

TEST_F(Reading, TheAttemptIsTheIdWhenThereIsNoOther) {
    EXPECT_EQ(headers(things(), {{"Atoll-Attempt", "t1"}}), "");
    ASSERT_EQ(intent_.request.ids.size(), 1U);
    EXPECT_EQ(intent_.request.ids[0].kind, RequestKind::attempt);
    EXPECT_EQ(intent_.request.ids[0].text, "t1");
}

TEST_F(Reading, EachHeaderThatIsWrongIsNamed) {
    EXPECT_EQ(headers(things(), {{"X-Request-ID", "a"},
                                 {"x-request-id", "b"},
                                 {"Idempotency-Key", ""},
                                 {"Atoll-Attempt", std::string(256, 'x')},
                                 {"operation-name", "\xC3\xA9"}}),
              "header X-Request-ID: must be given once\n"
              "header Idempotency-Key: must have 1 to 255 printable ASCII characters\n"
              "header Atoll-Attempt: must have 1 to 255 printable ASCII characters\n"
              "header operation-name: must have 1 to 255 printable ASCII characters\n");
    EXPECT_TRUE(intent_.request.ids.empty());
    EXPECT_EQ(headers(things(), {{"X-Request-ID", std::string(255, 'x')}}), "");
    EXPECT_EQ(headers(things(), {{"X-Request-ID", "a\tb"}}),
              "header X-Request-ID: must have 1 to 255 printable ASCII characters\n");
}

TEST_F(Reading, ARequestIdCanBeRequired) {
    EXPECT_EQ(headers(notes(), {}), "header X-Request-ID: is missing\n");
    EXPECT_EQ(headers(notes(), {{"X-Request-ID", "a"}}), "");
    EXPECT_EQ(headers(notes(), {{"X-Request-ID", ""}}),
              "header X-Request-ID: must have 1 to 255 printable ASCII characters\n");
    EXPECT_EQ(headers(things(), {}), "");
}

TEST_F(Reading, IdempotencyKeysAreBareOrQuoted) {
    const std::pair<const char*, const char*> cases[] = {
        {"k1", "k1"}, {"\"k1\"", "k1"}, {"\"a\\\"b\"", "a\"b"}, {"\"a\\\\b\"", "a\\b"},
        {"\"", "\""}, {"\"\"", "\"\""}, {"\"open", "\"open"},   {"\"k 1\"", "k 1"}};
    for (const auto& [sent, wanted] : cases) {
        EXPECT_EQ(headers(things(), {{"Idempotency-Key", sent}}), "") << sent;
        ASSERT_EQ(intent_.request.ids.size(), 1U) << sent;
        EXPECT_EQ(intent_.request.ids[0].text, wanted) << sent;
    }
}

TEST_F(Reading, IfMatchIsAListOfStrongTags) {
    EXPECT_EQ(headers(things(), {{"If-Match", R"("base:1:1", "a.x:2:1,base:1:1")"}}), "");
    ASSERT_EQ(intent_.precondition.if_match.size(), 2U);
    EXPECT_EQ(model::to_text(intent_.precondition.if_match[0]), "base:1:1");
    EXPECT_EQ(model::to_text(intent_.precondition.if_match[1]), "a.x:2:1,base:1:1");
    EXPECT_TRUE(intent_.precondition.names_version());
    headers(things(), {{"If-Match", R"("base:1:1")"}, {"if-match", R"("base:2:2")"}});
    EXPECT_EQ(intent_.precondition.if_match.size(), 2U);
}

TEST_F(Reading, ATagThatCannotMatchIsStillACondition) {
    for (const char* tags : {R"(W/"base:1:1")", R"("no vector")", "base:1:1", "", R"("base:1:1)",
                             R"("base:1:1" "base:1:1")", R"("base:1:1" y)", R"(y, "base:1:1")"}) {
        headers(things(), {{"If-Match", tags}});
        ASSERT_EQ(intent_.precondition.if_match.size(), 1U) << tags;
        EXPECT_TRUE(intent_.precondition.if_match[0].empty()) << tags;
        EXPECT_TRUE(intent_.precondition.names_version()) << tags;
    }
    headers(things(), {{"If-Match", R"(W/"base:1:1", "base:2:2")"}});
    ASSERT_EQ(intent_.precondition.if_match.size(), 1U);
    EXPECT_EQ(model::to_text(intent_.precondition.if_match[0]), "base:2:2");
    headers(things(), {});
    EXPECT_FALSE(intent_.precondition.names_version());
}

TEST_F(Reading, StarsStandForAnyState) {
    headers(things(), {{"If-Match", "*"}});
    EXPECT_TRUE(intent_.precondition.if_match_any);
    EXPECT_TRUE(intent_.precondition.if_match.empty());
    headers(things(), {{"If-None-Match", "*"}});
    EXPECT_TRUE(intent_.precondition.if_none_match_any);
    EXPECT_FALSE(intent_.precondition.names_version());
    headers(things(), {{"If-None-Match", R"("base:1:1", W/"x")"}});
    EXPECT_EQ(intent_.precondition.if_none_match.size(), 1U);
    EXPECT_FALSE(intent_.precondition.if_none_match_any);
}

TEST_F(Reading, ATraceparentIsTakenOrLeft) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    EXPECT_EQ(headers(things(), {{"traceparent", good}}), "");
    EXPECT_EQ(intent_.traceparent, good);
    for (std::string bad : {good + "0", good.substr(1), std::string(55, '0'), std::string{},
                            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" + good}) {
        EXPECT_EQ(headers(things(), {{"traceparent", bad}}), "") << bad;
        EXPECT_EQ(intent_.traceparent, "") << bad;
    }
}

TEST_F(Reading, HeadersThatTheAppRequires) {
    std::vector<http::Fault> faults;
    check_required_headers(app_.api, RequestText{Method::get, "/things"}, faults);
    check_required_headers(app_.api, RequestText{Method::get, "/", {{"Operation-Name", ""}}},
                           faults);
    EXPECT_EQ(text_of(faults),
              "header operation-name: is missing\nheader operation-name: is missing\n");
    faults.clear();
    check_required_headers(app_.api, RequestText{Method::get, "/", {{"Operation-Name", "x"}}},
                           faults);
    EXPECT_EQ(text_of(faults), "");
}

TEST_F(Reading, MediaTypes) {
    const auto accepts = [](Headers headers) {
        return accepts_media_type(RequestText{Method::post, "/", std::move(headers)});
    };
    EXPECT_TRUE(accepts({}));
    for (const char* type :
         {"application/json", "Application/JSON; charset=utf-8", "application/json ;x=y",
          "application/problem+json", "application/merge-patch+json"}) {
        EXPECT_TRUE(accepts({{"Content-Type", type}})) << type;
    }
    for (const char* type :
         {"", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/jsonx",
          "application/", "multipart/form-data; boundary=application/json", "text/x+json"}) {
        EXPECT_FALSE(accepts({{"Content-Type", type}})) << type;
    }
    EXPECT_FALSE(
        accepts({{"Content-Type", "application/json"}, {"content-type", "application/json"}}));
}

// ---- bodies ----------------------------------------------------------------------------------

TEST_F(Reading, ABodyOfACreate) {
    EXPECT_EQ(create(things(), R"({"price":1250000.5,"name":"House","rooms":null,"id":77})"), "");
    EXPECT_EQ(intent_.key, Key{std::int64_t{77}});
    EXPECT_EQ(written("price"), Value{std::int64_t{125000050}});
    EXPECT_EQ(written("name"), Value{std::string{"House"}});
    EXPECT_EQ(written("rooms"), Value{});
    EXPECT_EQ(create(things(), R"({"price":0,"name":""})"), "");
    EXPECT_FALSE(intent_.key);
    EXPECT_FALSE(written("rooms"));
}

TEST_F(Reading, EveryMistakeInABodyIsNamed) {
    EXPECT_EQ(create(things(), R"({"pirce":1,"name":"Houses","rooms":1.5,"region":"a",
                                   "version":1,"changed":null,"id":"x"})"),
              "pointer /pirce: is not a field of things\n"
              "pointer /name: must have at most 5 characters\n"
              "pointer /rooms: must be an integer\n"
              "pointer /region: is set by the server\n"
              "pointer /version: is set by the server\n"
              "pointer /changed: is set by the server\n"
              "pointer /id: must be an integer\n"
              "pointer /price: is missing\n");
}

TEST_F(Reading, WhatTheServerSetsCanBePassedOver) {
    app_.api.answers.set_by_server = SetByServer::ignore;
    EXPECT_EQ(create(things(), R"({"name":"x","price":1,"region":7,"version":0,"changed":[]})"),
              "");
    EXPECT_EQ(intent_.fields.size(), 2U);
    EXPECT_FALSE(intent_.precondition.version);
    EXPECT_EQ(update(R"({"price":1,"region":"b","version":2,"changed":"yesterday"})"), "");
    EXPECT_EQ(intent_.fields.size(), 1U);
    EXPECT_EQ(intent_.precondition.version, 2U);
    EXPECT_EQ(update(R"({"price":1,"version":2,"id":7})"),
              "pointer /id: must be the one in the path\n");
    app_.schema.resources[0].fields[0].key_from_client = false;
    EXPECT_EQ(create(things(), R"({"name":"x","price":1,"id":7})"), "");
    EXPECT_FALSE(intent_.key);
}

TEST_F(Reading, WhatTheServerSetsMayBeSentBackAsItWas) {
    app_.api.answers.set_by_server = SetByServer::same;
    EXPECT_EQ(update(R"({"price":1,"id":1,"region":"b","version":2})"), "");
    EXPECT_EQ(written("region"), Value{std::string{"b"}});  // the decision compares it
    app_.schema.resources[0].fields[0].key_from_client = false;
    EXPECT_EQ(create(things(), R"({"name":"x","price":1,"id":7})"),
              "pointer /id: is set by the server\n");
}

TEST_F(Reading, WhatTheServerSetsCanBeRefusedAltogether) {
    app_.api.answers.set_by_server = SetByServer::refuse;
    EXPECT_EQ(update(R"({"price":1,"id":1,"region":"b","version":2,"changed":null})"),
              "pointer /region: is set by the server\n"
              "pointer /changed: is set by the server\n");
}

TEST_F(Reading, PointersAreEscaped) {
    EXPECT_EQ(create(things(), R"({"a/b":1,"m~n":2,"":3,"name":"x","price":1})"),
              "pointer /a~1b: is not a field of things\n"
              "pointer /m~0n: is not a field of things\n"
              "pointer /: is not a field of things\n");
}

TEST_F(Reading, WhatIsNoObjectIsRefusedAsAWhole) {
    for (const char* body : {"[]", "1", "\"x\"", "null", "true"}) {
        EXPECT_EQ(create(things(), body), "pointer : must be a JSON object\n") << body;
    }
    for (const char* body : {"", " ", "{", "{]", "{\"a\":1,}", "{'a':1}", "{\"a\":01}", "{} {}",
                             "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}", "{\"a\":NaN}", "// x\n{}"}) {
        EXPECT_TRUE(create(things(), body).starts_with("pointer : not valid JSON at byte "))
            << body;
    }
    EXPECT_EQ(create(things(), R"({"price":1,"price":2,"name":"x"})"),
              "pointer : the name at /price stands there twice\n");
    EXPECT_NE(create(things(), std::string(100'000, '[')), "");
}

TEST_F(Reading, NumbersAreExact) {
    const std::pair<const char*, std::int64_t> good[] = {
        {"520000.00", 52000000},         {"1e3", 100000},   {"0.29", 29},
        {"9999999999.99", 999999999999}, {"1.500000", 150}, {"-0", 0}};
    for (const auto& [number, wanted] : good) {
        EXPECT_EQ(create(things(), R"({"name":"x","price":)" + std::string{number} + '}'), "");
        EXPECT_EQ(written("price"), Value{wanted}) << number;
    }
    const std::pair<const char*, const char*> bad[] = {
        {"0.001", "must have at most 2 decimals"},
        {"1e-3", "must have at most 2 decimals"},
        {"-0.01", "must be at least 0.00"},
        {"10000000000", "must be at most 9999999999.99"},
        {"1e400", "must be at most 9999999999.99"},
        {"\"1\"", "must be a number"},
        {"null", "must not be null"},
        {"[1]", "must be a number"}};
    for (const auto& [number, wanted] : bad) {
        EXPECT_EQ(create(things(), R"({"name":"x","price":)" + std::string{number} + '}'),
                  "pointer /price: " + std::string{wanted} + '\n')
            << number;
    }
}

TEST_F(Reading, KeysThatClientsGive) {
    EXPECT_EQ(create(notes(), R"({"size":1})"), "pointer /id: is missing\n");
    EXPECT_EQ(create(notes(), R"({"id":"","size":1})"), "pointer /id: must not be empty\n");
    EXPECT_EQ(create(notes(), R"({"id":"n1","size":1})"), "");
    EXPECT_EQ(intent_.key, Key{std::string{"n1"}});
}

TEST_F(Reading, NumbersThatClientsGive) {
    const auto with_id = [this](const std::string& id) {
        return create(things(), R"({"name":"x","price":1,"id":)" + id + '}');
    };
    for (const char* id : {"1", "9007199254740991"})
        EXPECT_EQ(with_id(id), "") << id;
    for (const char* id : {"0", "-1", "-9223372036854775808", "-1e30"})
        EXPECT_EQ(with_id(id), "pointer /id: must be at least 1\n") << id;
    for (const char* id : {"9007199254740992", "4611686018427387904", "1e30"}) {
        EXPECT_EQ(with_id(id), "pointer /id: must be at most 9007199254740991\n") << id;
    }
}

TEST_F(Reading, AnUpdateNamesWhatItMust) {
    EXPECT_EQ(update(R"({"price":1,"version":3})"), "");
    EXPECT_EQ(intent_.precondition.version, 3U);
    EXPECT_EQ(update("{}"), "pointer /price: is missing\npointer /version: is missing\n");
    EXPECT_EQ(update(R"({"price":1})", {{"If-Match", "\"base:1:1\""}}), "");
    EXPECT_FALSE(intent_.precondition.version);
    // A tag that can't match is 412, later: it says a version all the same.
    EXPECT_EQ(update(R"({"price":1})", {{"If-Match", "nonsense"}}), "");
    EXPECT_EQ(update(R"({"price":1})", {{"If-None-Match", "*"}}), "pointer /version: is missing\n");
    EXPECT_EQ(update(R"({"price":1,"version":0})"), "pointer /version: must be at least 1\n");
    EXPECT_EQ(update(R"({"price":1,"version":null})"), "pointer /version: must not be null\n");
}

TEST_F(Reading, AnUpdateMaySendBackWhatTheServerSets) {
    EXPECT_EQ(update(R"({"id":1,"price":1,"version":1,"region":"a",
                         "changed":"2026-01-01T12:00:00Z"})"),
              "");
    EXPECT_EQ(written("region"), Value{std::string{"a"}});  // compared with the row by decide()
    EXPECT_EQ(update(R"({"id":2,"price":1,"version":1})"),
              "pointer /id: must be the one in the path\n");
    EXPECT_EQ(update(R"({"id":1.0,"price":1,"version":1})"), "");
}

TEST_F(Reading, InputsAreKeptAsTheyWereSent) {
    const auto kept = [](model::WriteKind kind, std::string body) {
        model::Intent intent;
        intent.kind = kind;
        keep_inputs(RequestText{http::Method::put, "/", {}, std::move(body)}, intent);
        return intent.inputs;
    };
    constexpr auto update = model::WriteKind::update;
    EXPECT_EQ(kept(update, " {\"a b\" :\t[ 1.50 ,\r\n \"x \\\" y\\\\\" ] } "),
              "{\"a b\":[1.50,\"x \\\" y\\\\\"]}");
    EXPECT_EQ(kept(model::WriteKind::remove, ""), "{}");
    const std::string long_text(model::inputs_bytes_max - 8, 'x');
    const std::string fits = "{\"a\":\"" + long_text + "\"}";
    EXPECT_EQ(kept(update, fits + "  "), fits);
    EXPECT_EQ(kept(update, "{\"aa\":\"" + long_text + "\"}"), "") << "more than a change carries";
}

}  // namespace
}  // namespace reef::api
