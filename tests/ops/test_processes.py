from tests.processes import Simulator, Worker


def test_the_simulated_quickbooks_answers(simulator: Simulator) -> None:
    assert (
        simulator.get("/.well-known/openid_configuration").json()["token_endpoint"].startswith(simulator.url)
    )


def test_a_worker_comes_back_after_it_was_killed(worker: Worker) -> None:
    worker.kill()
    assert not worker.answers(within_s=0.3)
    worker.start()
    assert worker.answers(within_s=10)
