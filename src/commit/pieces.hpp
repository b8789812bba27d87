// What is left to commit of a turn: at first all of it, as one piece. When the database refuses a
// row, or another program has locked one, the piece that it is in is divided, down to the one job
// whose fault it is; and that job's work, down to the one row. In order, since the changes of one
// origin leave no holes.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "commit/queue.hpp"

namespace reef::commit {

using Piece = std::vector<Job*>;  // committed together, in one batch

class PiecesLeft {
public:
    explicit PiecesLeft(const Items& turn);

    // The next one to commit. Empty: there is none.
    Piece next();

    // The batch with this piece is durable, or changed nothing. A job that found its row locked is
    // divided: the rest of it is still to be done.
    void finish(const Piece& piece);
    // It is not, because of one of its rows.
    void divide(const Piece& piece, const Error& error);
    // It is not, for everybody's sake: all in it hear the same.
    void refuse(const Piece& piece, const Error& error);

    std::uint64_t divisions() const { return divisions_; }

private:
    void divide(Job& job, const Error& error);
    static void close(Job& job);

    std::vector<Piece> left_;  // the last one comes next
    std::deque<Job> parts_;    // a deque: they stay where they are
    std::uint64_t divisions_ = 0;
};

}  // namespace reef::commit
