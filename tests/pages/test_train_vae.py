"""The page of the live VAE: its figures are core's, its runs are kept side by side."""

from core.jobs import jobs
from core.train_vae import Settings, about, trained
from tests.pages.visit import finished, metrics, open_page


def test_a_visit_has_a_run_of_its_settings_and_finds_it_again():
    at = open_page("train_vae", train_vae_beta="4.0")
    assert not at.exception
    job = jobs().find(at.session_state["train_vae_run"])
    assert job.about == about(Settings(beta=4.0))
    again = open_page("train_vae", train_vae_beta="4.0", train_vae_run=job.token)
    assert jobs().find(again.session_state["train_vae_run"]) is job


def test_figures_are_cores_and_the_run_is_kept():
    at = open_page("train_vae", train_vae_epochs="2", train_vae_n_pictures="200")
    job = finished(at, "train_vae")
    at.session_state["train_vae_done"] = job.token  # what the component says at the end
    at.run()
    found = trained(job)
    shown = metrics(at)
    assert shown["Reconstruction"] == f"{found.reconstruction:.1f} nats"
    assert shown["KL"] == f"{found.kl:.1f} nats"
    _settings, reconstruction, kl = at.session_state["train_vae_runs"][job.token]
    assert (reconstruction, kl) == (found.reconstruction, found.kl)


def test_missing_pictures_are_said():
    at = open_page("train_vae", train_vae_data="MNIST")
    assert not at.exception
    assert "MNIST is not on this server" in at.error[0].value
