"""A page's own job: found again by its link, begun anew when the settings are others, ended when it is left."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from pydantic import BaseModel

from core.errors import JobError
from core.jobs import Job, jobs
from ui import controls, errors
from ui.components.address import address
from ui.language import _
from ui.visitors import KNOWN, visitor_of

T = TypeVar("T")

BEGUN = "jobs_begun"  # tokens of the jobs that this session has begun


def visitor() -> str:
    """Whose browser this is; empty where it takes no cookies."""
    return visitor_of(st.context.cookies)


def find(token: str) -> Job | None:
    """The job of this token, while it is known and this visitor's."""
    return jobs().find(token, visitor())


def of_page(
    slug: str, settings: BaseModel, about: str, start: Callable[[str], Job], leave: Callable[[str], object] = str
) -> Job:
    """The job of a page: its token is in the session and, as SLUG_run, in the link.

    Args:
        slug: the page's.
        settings: which go into the link too: a control in a closed popover does not always write itself there.
        about: what tells the job that is wanted from others.
        start: begins it for an owner, when there is none yet.
        leave: called with the token of the one that is left for it.
    """
    key = f"{slug}_run"
    job = find(st.session_state[key] if key in st.session_state else st.query_params.get(key, ""))
    if job is None or job.about != about or (job.state == "forgotten" and not job.has_begun):
        forget(slug, leave)
        job = begun(start)
    st.session_state[key] = job.token
    st.session_state.setdefault(KNOWN, set()).add(job.token)
    if st.query_params.get(key) != job.token:  # what Streamlit knows, for when it writes the address by itself
        st.query_params[key] = job.token
    chosen = controls.link(slug, settings)
    fields = [f"{slug}_{name}" for name in type(settings).model_fields]
    address({**chosen, key: job.token}, [name for name in fields if name not in chosen])
    return job


def asked(slug: str, token: str, question: Callable[[Job], T]) -> T | None:
    """What a run says of itself. Where it does not: None, a sentence, and if it may later, a button to ask again."""
    job = find(token)
    if job is None:
        return None
    try:
        return question(job)
    except JobError as error:
        st.caption(errors.sentence(error))
        if error.reason == "busy":
            st.button(_("Measure now"), icon=":material/refresh:", key=f"{slug}_again")
        return None


def begun(start: Callable[[str], Job]) -> Job:
    """Begin a job that is this visitor's."""
    begun_here, known_here = (st.session_state.setdefault(which, set()) for which in (BEGUN, KNOWN))
    job = start(visitor())
    for tokens in (begun_here, known_here):  # st.session_state itself stops whoever has left meanwhile
        tokens.add(job.token)
    return job


def forget(slug: str, leave: Callable[[str], object] = str) -> None:
    """Leave the page's job; it ends if this session has begun it, and by itself if nobody else watches."""
    token = st.session_state.get(f"{slug}_run", "")
    st.session_state[f"{slug}_run"] = ""
    job = find(token)
    if job is not None:
        leave(token)
        if token in st.session_state.get(BEGUN, ()):
            job.send("cancel")
