// What nodes of earlier builds said to each other, as tests/upgrade/folders.py has recorded it, is
// understood.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text/json.hpp"
#include "config/app.hpp"
#include "peers/feed_lines.hpp"
#include "peers/forward_json.hpp"
#include "peers/snapshot_json.hpp"

namespace reef::test {
namespace {

using namespace model;
namespace fs = std::filesystem;

const fs::path upgrade_folder = fs::path{REEF_SOURCE_DIR} / "tests/upgrade";

std::vector<std::string> builds() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{upgrade_folder}) {
        if (fs::exists(entry.path() / "wire.json")) names.push_back(entry.path().filename());
    }
    return names;
}

class EarlierBuild : public testing::TestWithParam<std::string> {
protected:
    EarlierBuild() {
        const auto nothing = [](const std::string&) { return std::optional<std::string>{}; };
        schema_ = config::load_app(upgrade_folder / "app.toml", nothing, {}).app.value().schema;
        std::ifstream file{upgrade_folder / GetParam() / "wire.json"};
        std::ostringstream text;
        text << file.rdbuf();
        said_ = parse_json(text.str()).value();
    }

    const Json& said(std::string_view name) const { return *said_.find(name); }
    const std::vector<Json>& lines(std::string_view name) const { return said(name).items; }

    Schema schema_;
    Json said_;
};

TEST_P(EarlierBuild, FeedIsUnderstood) {
    ASSERT_EQ(lines("heartbeats").size(), 2U);
    for (const Json& line : lines("heartbeats")) {
        const auto arrival = peers::parse_line(line.text).value();
        const auto& heartbeat = std::get<peers::Heartbeat>(arrival);
        EXPECT_EQ(heartbeat.node, "us");
        EXPECT_FALSE(heartbeat.received.empty());
    }
    ASSERT_GT(lines("changes").size(), 8U);
    for (const Json& line : lines("changes")) {
        const auto arrival = peers::parse_line(line.text).value();
        const auto change = parse_change(schema_, std::get<std::string>(arrival));
        ASSERT_TRUE(change) << change.error().what;
        EXPECT_EQ(change->schema, schema_.id()) << "its nodes would be refused";
        EXPECT_EQ(change_json(schema_, *change), line.text) << "what is passed on is the same";
    }
}

TEST_P(EarlierBuild, ForwardedWritesAndTheirAnswersAreUnderstood) {
    ASSERT_FALSE(lines("forwarded").empty());
    for (const Json& call : lines("forwarded")) {
        const auto intent = peers::parse_intent(schema_, text_at(call, "asked"));
        ASSERT_TRUE(intent) << intent.error().what;
        EXPECT_TRUE(intent->precondition.compared);
        EXPECT_EQ(intent->request.ids.front().text, "carried");
        EXPECT_EQ(intent->fields.size(), 1U);
        const auto outcome = peers::parse_outcome(schema_, text_at(call, "answered"));
        ASSERT_TRUE(outcome) << outcome.error().what;
        EXPECT_TRUE(std::holds_alternative<Accepted>(*outcome));
    }
}

TEST_P(EarlierBuild, SnapshotIsUnderstood) {
    const auto head = peers::read_head(parse_json(said("snapshot").text).value());
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(head->marks.size(), 2U);
    for (const Resource& resource : schema_.resources) {
        const auto rows = peers::parse_rows(resource, text_at(said("rows"), resource.name));
        ASSERT_TRUE(rows) << rows.error().what;
        EXPECT_EQ(rows->self, head->self);
        EXPECT_GT(rows->rows.size(), 2U);
    }
    const auto requests = peers::parse_requests(schema_, said("requests").text);
    ASSERT_TRUE(requests) << requests.error().what;
    EXPECT_GT(requests->requests.size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Upgrade, EarlierBuild, testing::ValuesIn(builds()),
                         [](const auto& build) { return "of_" + build.param; });

}  // namespace
}  // namespace reef::test
