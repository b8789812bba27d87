// Copies of SQLite stores: what a crash, a busy writer and a damaged file do to them. (What an
// operator sees is in system/test_backup.py.)
#include <filesystem>
#include <fstream>

#include "store/backup.hpp"
#include "store_contract.hpp"
#include "temporary_folder.hpp"

namespace reef::store::test {
namespace {

namespace fs = std::filesystem;

class SqliteBackup : public testing::Test {
protected:
    SqliteBackup() { open(); }

    void open() {
        close();
        auto store = open_sqlite(schema_, options());
        if (!store) throw std::runtime_error(store.error().what);
        store_ = std::move(*store);
        writer_ = store_->open_writer(context_.get_executor());
    }
    void close() {
        writer_.reset();
        store_.reset();
    }

    StoreOptions options() const { return {.file = file_, .node = "us", .incarnation = "k3f9"}; }

    // One row more, and one write more of its own.
    void save() {
        auto loaded = reef::test::run_on(context_, writer_->begin({}));
        ASSERT_TRUE(loaded) << loaded.error().what;
        WriteSet saved;
        saved.ledger = std::move(loaded->ledger);
        saved.ledger.origins[self].received = ++seq_;
        saved.ledger.digests[thing].rows = seq_;
        saved.rows.push_back({make_thing(static_cast<std::int64_t>(seq_)), hash_of("row")});
        const auto done = reef::test::run_on(context_, writer_->commit(std::move(saved)));
        ASSERT_TRUE(done) << done.error().what;
    }

    std::size_t rows() {
        const auto reader = store_->open_reader(context_.get_executor());
        ListQuery query;
        query.rows_max = 1000;
        auto page = reef::test::run_on(context_, reader->list(query));
        return page ? page->rows.size() : 0;
    }

    Result<Restored> restore(const std::string& keep_as = "") {
        return restore_sqlite(schema_, options(), {.copy = copy_, .keep_as = keep_as});
    }

    const Schema schema_ = contract_schema();
    reef::test::TemporaryFolder folder_;
    const std::string file_ = folder_.file("us.db");
    const std::string copy_ = folder_.file("us.backup");
    asio::io_context context_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<Writer> writer_;
    std::uint64_t seq_ = 0;
};

TEST_F(SqliteBackup, IsOfTheMomentAtWhichItBeganAndEndsWhileTheNodeWrites) {
    for (int i = 0; i < 20; ++i)
        save();
    std::uint64_t pieces = 0;
    const auto done = back_up_sqlite(
        schema_, options(),
        {.copy = copy_, .piece_pages = 1, .progress = [&](std::uint64_t at, std::uint64_t of) {
             ++pieces;
             EXPECT_LE(at, of);
             save();
         }});
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_GT(pieces, 10U);
    EXPECT_EQ(rows(), 20 + pieces);
    EXPECT_EQ(done->position, (Position{{self, 20}}));
    EXPECT_EQ(done->records, 20U);
    close();
    const auto restored = restore();
    ASSERT_TRUE(restored) << restored.error().what;
    EXPECT_EQ(restored->contents.position, done->position);
    open();
    EXPECT_EQ(rows(), 20U);
}

TEST_F(SqliteBackup, LeavesNothingHalfDone) {
    save();
    const std::string folder = folder_.file("missing/us.backup");
    EXPECT_FALSE(back_up_sqlite(schema_, options(), {.copy = folder}));
    const auto stopped = back_up_sqlite(
        schema_, options(),
        {.copy = copy_, .piece_pages = 1, .progress = [&](auto, auto) {
             // A second one of the same name writes nothing into the first.
             const auto second = back_up_sqlite(schema_, options(), {.copy = copy_});
             ASSERT_FALSE(second);
             EXPECT_NE(second.error().what.find("another process"), std::string::npos);
         }});
    ASSERT_TRUE(stopped) << stopped.error().what;
    EXPECT_TRUE(fs::exists(copy_));
    EXPECT_FALSE(fs::exists(copy_ + ".part"));
    std::ofstream{copy_ + ".part"} << "left over by a backup that was killed";
    EXPECT_TRUE(back_up_sqlite(schema_, options(), {.copy = copy_, .replace = true}));
    close();
    EXPECT_TRUE(restore());
}

TEST_F(SqliteBackup, TheOldLogIsNotTakenForTheNewFiles) {
    save();
    ASSERT_TRUE(back_up_sqlite(schema_, options(), {.copy = copy_}));
    save();
    // As a killed process leaves them.
    const std::string wal = folder_.file("kept-wal"), main = folder_.file("kept");
    fs::copy_file(file_ + "-wal", wal);
    fs::copy_file(file_, main);
    close();
    fs::copy_file(main, file_, fs::copy_options::overwrite_existing);
    fs::copy_file(wal, file_ + "-wal", fs::copy_options::overwrite_existing);
    const std::string kept = folder_.file("before");
    const auto restored = restore(kept);
    ASSERT_TRUE(restored) << restored.error().what;
    EXPECT_TRUE(restored->kept);
    open();
    EXPECT_EQ(rows(), 1U);
    close();
    ASSERT_TRUE(restore_sqlite(schema_, options(), {.copy = kept}));
    open();
    EXPECT_EQ(rows(), 2U);
}

TEST_F(SqliteBackup, ADamagedStoreIsReplacedAndKept) {
    save();
    ASSERT_TRUE(back_up_sqlite(schema_, options(), {.copy = copy_}));
    close();
    std::ofstream{file_, std::ios::trunc} << "what a broken disk has left";
    std::ofstream{file_ + "-wal", std::ios::trunc} << "and here";
    const std::string kept = folder_.file("before");
    const auto restored = restore(kept);
    ASSERT_TRUE(restored) << restored.error().what;
    EXPECT_EQ(fs::file_size(kept), std::string{"what a broken disk has left"}.size());
    EXPECT_TRUE(fs::exists(kept + "-wal"));
    open();
    EXPECT_EQ(rows(), 1U);
}

TEST_F(SqliteBackup, ADamagedCopyIsRefused) {
    for (int i = 0; i < 100; ++i)
        save();
    ASSERT_TRUE(back_up_sqlite(schema_, options(), {.copy = copy_}));
    save();
    close();
    const auto size = fs::file_size(copy_);
    {
        std::fstream file{copy_, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(static_cast<std::streamoff>(size / 2));
        file << std::string(size / 4, '\x5a');
    }
    const auto restored = restore();
    ASSERT_FALSE(restored);
    open();
    EXPECT_EQ(rows(), 101U);
}

}  // namespace
}  // namespace reef::store::test
