// The app's seed, while the database goes away for a moment.
#include "node/seed.hpp"

#include <gtest/gtest.h>

#include "committer_fixture.hpp"
#include "config/app.hpp"

namespace reef::test {
namespace {

const config::App& app() {
    static const config::LoadResult loaded =
        config::load_app(REEF_SOURCE_DIR "/apps/property-listing.toml",
                         [](const std::string&) { return std::optional<std::string>{}; }, {});
    return *loaded.app;
}

asio::awaitable<void> load_into(commit::Committer* committer, store::Ledger ledger,
                                Result<std::size_t>* answer) {
    Result<std::size_t> rows = co_await node::load_seed(app(), *committer, std::move(ledger));
    *answer = std::move(rows);
    committer->stop();
}

class SeedLoadTest : public CommitterTest {
protected:
    SeedLoadTest() : CommitterTest(app().schema) {}

    Result<std::size_t> load() {
        Result<std::size_t> answer{Error{}};
        make();
        start();
        asio::co_spawn(io, load_into(committer.get(), ledger(), &answer), asio::detached);
        io.run();
        return answer;
    }
};

TEST_F(SeedLoadTest, TriesAPieceAgain) {
    writer.away = 2;
    const auto rows = load();
    ASSERT_TRUE(rows) << rows.error().what;
    EXPECT_EQ(*rows, 3000U);
    EXPECT_TRUE(ledger().seeded());
}

TEST_F(SeedLoadTest, SaysWhatKeepsItFromIt) {
    writer.commit_fails = Errc::unavailable;
    const auto rows = load();
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace reef::test
