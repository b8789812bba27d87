// Events: in the order of their stamps, of one record or of all, trimmed from the old end.
#include "store_contract.hpp"

namespace reef::store::test {
namespace {

Event event_at(std::uint64_t n, const OriginId& origin = self, std::size_t bytes = 100) {
    std::string detail = R"({"kind":"update","x":")";
    detail.resize(std::max(bytes, detail.size()), 'x');
    return {stamp_of(n, origin), "things", std::to_string(n % 3), detail + "\"}"};
}

TrimLimits only_events(std::uint64_t bytes_max, Time before = Time{0}) {
    TrimLimits limits;
    limits.requests_before = limits.log_before = Time{0};
    limits.requests_max = limits.log_bytes_max = UINT64_MAX;
    limits.events = {before, bytes_max};
    return limits;
}

using Numbers = std::vector<std::uint64_t>;

TEST_P(StoreContract, EventsComeBackInTheOrderOfTheirStamps) {
    Event odd = event_at(2);
    odd.resource = "gone from the app";
    odd.key = "a \"key\"\n\xF0\x9F\x90\x9A";
    ASSERT_TRUE(succeeded(save_events({event_at(5), odd})));
    ASSERT_TRUE(succeeded(save_events({event_at(1, other), event_at(1), event_at(9)})));
    EXPECT_EQ(events(),
              (std::vector<Event>{event_at(1, other), event_at(1), odd, event_at(5), event_at(9)}));
    EXPECT_EQ(event_numbers({stamp_of(2), {}, {}, {}}), (Numbers{5, 9}));
    EXPECT_EQ(event_numbers({Stamp{stamp_of(5).time, {}}, {}, {}, {}}), (Numbers{5, 9}));
    EXPECT_TRUE(event_numbers({stamp_of(9), {}, {}, {}}).empty());
}

TEST_P(StoreContract, EventsOfOneRecordAreFound) {
    std::vector<Event> all;
    for (std::uint64_t n = 1; n <= 9; ++n)
        all.push_back(event_at(n));
    all.push_back(event_at(30));
    all.back().resource = "notes";
    ASSERT_TRUE(succeeded(save_events(all)));
    EXPECT_EQ(event_numbers({{}, "things", "0", {}}), (Numbers{3, 6, 9}));
    EXPECT_EQ(event_numbers({stamp_of(3), "things", "0", {1, 1 << 20}}), (Numbers{6}));
    EXPECT_EQ(event_numbers({{}, "notes", "0", {}}), (Numbers{30}));
    EXPECT_TRUE(event_numbers({{}, "notes", "1", {}}).empty());
    // However far apart its writes are, and whoever made them.
    ASSERT_TRUE(succeeded(save_events({event_at(3000), event_at(2100, other), event_at(90'000),
                                       event_at(1023), event_at(1026, other)})));
    EXPECT_EQ(event_numbers({{}, "things", "0", {}}),
              (Numbers{3, 6, 9, 1023, 1026, 2100, 3000, 90'000}));
    EXPECT_EQ(event_numbers({stamp_of(1026, other), "things", "0", {2, 1 << 20}}),
              (Numbers{2100, 3000}));
}

TEST_P(StoreContract, EventsComePieceByPiece) {
    std::vector<Event> all;
    for (std::uint64_t n = 1; n <= 20; ++n)
        all.push_back(event_at(n, n % 2 ? self : other, 1000));
    ASSERT_TRUE(succeeded(save_events(all)));
    for (const ScanLimits limits :
         {ScanLimits{7, 1 << 20}, ScanLimits{1000, 2500}, ScanLimits{1000, 1}, ScanLimits{}}) {
        EventQuery query;
        query.limits = limits;
        Numbers seen;
        for (;;) {
            const auto piece = events(query);
            if (piece.empty()) break;
            ASSERT_LE(piece.size(), limits.bytes_max < 3000 ? 3U : limits.rows_max);
            for (const Event& event : piece)
                seen.push_back(event.stamp.dot.seq);
            query.after = piece.back().stamp;
        }
        ASSERT_EQ(seen.size(), 20U);
        EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    }
}

TEST_P(StoreContract, AnEventThatIsThereStaysAsItIs) {
    ASSERT_TRUE(succeeded(save_events({event_at(1)})));
    ASSERT_TRUE(succeeded(save_events({event_at(1, self, 500), event_at(2)})));
    EXPECT_EQ(events(), (std::vector<Event>{event_at(1), event_at(2)}));
}

TEST_P(StoreContract, ATwinsEventGoesAlsoWithTheBatchThatBroughtIt) {
    ASSERT_TRUE(succeeded(save_events({event_at(2), event_at(3)})));
    ASSERT_TRUE(succeeded(
        save_events({event_at(1), event_at(4)}, {stamp_of(2), stamp_of(4), stamp_of(77)})));
    EXPECT_EQ(event_numbers(), (Numbers{1, 3}));
}

TEST_P(StoreContract, EventsGoByAge) {
    ASSERT_TRUE(succeeded(save_events({event_at(1), event_at(2), event_at(5), event_at(6)})));
    EXPECT_FALSE(value_of_task(writer_->trim(only_events(UINT64_MAX, stamp_of(5).time))));
    EXPECT_EQ(event_numbers(), (Numbers{5, 6}));
    // One that comes late, from before those that are gone already.
    ASSERT_TRUE(succeeded(save_events({event_at(1)})));
    EXPECT_FALSE(value_of_task(writer_->trim(only_events(UINT64_MAX, stamp_of(5).time))));
    EXPECT_EQ(event_numbers(), (Numbers{5, 6}));
}

TEST_P(StoreContract, EventsGoByBytesInSmallPieces) {
    std::vector<Event> all;
    std::uint64_t bytes = 0;
    for (std::uint64_t n = 1; n <= 10; ++n) {
        all.push_back(event_at(n, n % 2 ? self : other, 1000));
        bytes += bytes_of(all.back());
    }
    ASSERT_TRUE(succeeded(save_events(all)));
    EXPECT_FALSE(value_of_task(writer_->trim(only_events(bytes))));
    EXPECT_EQ(event_numbers().size(), 10U);
    if (place_->keeps()) reopen();  // the size is known without a look at all of them
    EXPECT_FALSE(value_of_task(writer_->trim(only_events(bytes * 4 / 10))));
    EXPECT_EQ(event_numbers(), (Numbers{7, 8, 9, 10}));
    TrimLimits limits = only_events(0);
    limits.piece_rows_max = 3;
    EXPECT_TRUE(value_of_task(writer_->trim(limits)));
    EXPECT_EQ(event_numbers(), (Numbers{10}));
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_TRUE(event_numbers().empty());
}

TEST_P(StoreContract, EventsStayWhereNoneExpire) {
    ASSERT_TRUE(succeeded(save_events({event_at(1)})));
    TrimLimits limits = only_events(0);
    limits.events.reset();
    EXPECT_FALSE(value_of_task(writer_->trim(limits)));
    EXPECT_EQ(event_numbers(), (Numbers{1}));
}

}  // namespace
}  // namespace reef::store::test
