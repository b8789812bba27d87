#include "commit/pieces.hpp"

#include <utility>

namespace reef::commit {

PiecesLeft::PiecesLeft(const Items& turn) {
    Piece& all = left_.emplace_back();
    for (const auto& item : turn)
        all.push_back(item.get());
}

Piece PiecesLeft::next() {
    while (!left_.empty()) {
        Piece piece = std::move(left_.back());
        left_.pop_back();
        const Job* whole = piece.front()->whole;
        const bool failed = whole && !whole->done;  // with an earlier part
        if (!failed) return piece;
    }
    return {};
}

// From the last one on, since what is put on `left_` last comes next.
void PiecesLeft::finish(const Piece& piece) {
    for (auto at = piece.rbegin(); at != piece.rend(); ++at) {
        Job& job = **at;
        if (!job.done && job.done.error().code == Errc::locked) {
            const Error error = job.done.error();
            divide(job, error);
        } else {
            close(job);
        }
    }
}

void PiecesLeft::divide(const Piece& piece, const Error& error) {
    if (piece.size() == 1) return divide(*piece.front(), error);
    ++divisions_;
    const auto middle = piece.begin() + static_cast<std::ptrdiff_t>(piece.size() / 2);
    left_.emplace_back(middle, piece.end());
    left_.emplace_back(piece.begin(), middle);
}

void PiecesLeft::refuse(const Piece& piece, const Error& error) {
    for (Job* job : piece) {
        job->done = error;
        close(*job);
    }
}

void PiecesLeft::divide(Job& job, const Error& error) {
    auto [parts, done] = commit::divide(std::move(job.work), error);
    if (parts.empty()) {
        job.done = std::move(done);
        return close(job);
    }
    ++divisions_;
    if (!job.whole) job.done = Done{Applied{}};  // its parts add to it
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        Job& made = parts_.emplace_back(std::move(*part));
        made.whole = job.whole ? job.whole : &job;
        left_.push_back({&made});
    }
}

// What becomes of the parts becomes of the whole: it adds up, or the first error ends it.
void PiecesLeft::close(Job& job) {
    if (!job.whole) return;
    if (job.done) {
        std::get<Applied>(*job.whole->done).add(std::get<Applied>(*job.done));
    } else {
        job.whole->done = job.done.error();
    }
}

}  // namespace reef::commit
