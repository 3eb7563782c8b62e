"""
WordPress: one post an incident, written over its REST API with an Application Password.

The slug is our incident number, so the address stays while corrections and withdrawals take the place of the text.
Which text a post holds is told by class names of the element around it. They survive what WordPress does to the HTML of
authors without `unfiltered_html` (wp_kses_post keeps `class` on `div`), need nothing registered on the site as custom
meta fields would, and are left alone by plugins that strip comments. Where even they are gone, the words decide.
Nothing is created before it was looked for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from yingda import rendering
from yingda.domain.channels import Channel
from yingda.domain.hosts import allowed
from yingda.transports.answers import LATER, pause_of, refuse_redirect, said
from yingda.transports.bulletin_pages import address
from yingda.transports.errors import TransportError
from yingda.transports.outlet import Access, Posted
from yingda.transports.web import Answer, Web

if TYPE_CHECKING:
    from yingda.settings import Settings
    from yingda.transports.bulletin import Notice

POSTS = "/wp-json/wp/v2/posts"
ANSWER = 10.0
"""Seconds for one answer: three requests must be through before a lease is over."""
_MARKER = re.compile(r"yingda-revision-([0-9]{1,9}) yingda-sha256-([0-9a-f]{64})")

Post = dict[str, Any]
"""A post as the REST API gives it to those who may edit it."""


class WordPress:
    """The posts of one site.

    :param site: its address, without a slash at its end
    """

    looks = True

    def __init__(self, site: str, login: str, password: str, web: Web) -> None:
        self._site = site
        self._auth = (login, password)
        self._web = web
        self._host = urlsplit(site).hostname or site

    def publish(self, notice: Notice, earlier: Posted | None) -> Posted:
        """Write the post of the incident, or put the statement in the place of what it held.

        :raises TransportError: permanent where the site refuses it, or the post there is not ours or is newer;
            uncertain where it may be there
        """
        post, foreign = self._look(notice, earlier)
        if foreign is not None:
            raise TransportError(
                f"{self._host} has a post {foreign['id']} with the slug {slug(notice)} that is not ours."
                " Give it another slug or delete it, then send again.",
                permanent=True,
            )
        written = {
            "title": escape(_headline(notice), quote=False),
            "content": content(notice),
            "status": "publish",
        }
        if post is None:
            return self._write(POSTS, {**written, "slug": slug(notice), "comment_status": "closed"})
        revision = _revision(post)
        if revision is not None and revision[0] > notice.revision:
            raise TransportError(
                f"{self._host} holds revision {revision[0]} of {notice.incident_no}, newer than {notice.revision}.",
                permanent=True,
            )
        if _holds(post, notice) and post.get("status") == "publish":
            return _posted(post)
        return self._write(f"{POSTS}/{int(post['id'])}", written)

    def find(self, notice: Notice) -> Posted | None:
        """Return the post of the incident if it is public and holds exactly this revision.

        :raises TransportError: the site cannot be asked now
        """
        post, _ = self._look(notice, None)
        if post is None or post.get("status") != "publish" or not _holds(post, notice):
            return None
        return _posted(post)

    def _look(self, notice: Notice, earlier: Posted | None) -> tuple[Post | None, Post | None]:
        """Return the post of the incident, by its slug, else by the id we were given for it; and one in its way.

        :raises TransportError: never uncertain, since looking changes nothing
        """
        known = earlier.reference if earlier and (earlier.reference or "").isdigit() else None
        found = self._read(POSTS, {"slug": slug(notice), "status": "any", "context": "edit"})
        if not isinstance(found, list):
            raise TransportError(f"{self._host} answers a search with no list of posts. Is {POSTS} WordPress's own?")
        posts = [one for one in found if isinstance(one, dict) and str(one.get("id", "")).isdigit()]
        ours = [one for one in posts if _revision(one) or str(one["id"]) == known or _holds(one, notice)]
        if ours:
            return ours[0], None
        if posts or known is None:
            return None, posts[0] if posts else None
        post = self._read(f"{POSTS}/{known}", {"context": "edit"}, missing=(404, 410))
        return (post if isinstance(post, dict) and post.get("status") != "trash" else None), None

    def _read(self, path: str, params: dict[str, str], *, missing: tuple[int, ...] = ()) -> Any:
        try:
            answer = self._web.send("GET", self._site + path, params=params, auth=self._auth)
        except TransportError as failed:
            raise TransportError(failed.message, permanent=failed.permanent) from None
        if answer.status in missing and _error(answer):
            return None
        if not answer.ok:
            raise self._refusal(answer, writing=False)
        return self._json(answer, writing=False)

    def _write(self, path: str, written: dict[str, Any]) -> Posted:
        answer = self._web.send("POST", self._site + path, json=written, auth=self._auth)
        if not answer.ok:
            raise self._refusal(answer, writing=True)
        post = self._json(answer, writing=True)
        if not isinstance(post, dict) or not str(post.get("id", "")).isdigit():
            raise TransportError(f"{self._host} took the post and answers no post.", uncertain=True)
        if post.get("status") != "publish":
            raise TransportError(
                f"{self._host} keeps post {post['id']} as {post.get('status')!r} instead of publishing it."
                f" Give the user {self._auth[0]} a role that may publish posts, then send again.",
                permanent=True,
            )
        return _posted(post)

    def _json(self, answer: Answer, *, writing: bool) -> Any:
        try:
            return answer.json()
        except TransportError:
            raise TransportError(
                f"{self._host} answers a page instead of JSON: {said(answer)} A security plugin or a login page may"
                f" stand before {POSTS}; let requests with an Application Password through.",
                uncertain=writing,
            ) from None

    def _refusal(self, answer: Answer, *, writing: bool) -> TransportError:
        """Return what an answer that is no success means, with the remedy."""
        try:
            refuse_redirect(answer)
        except TransportError as elsewhere:
            return elsewhere
        error = _error(answer)
        words = f"{error[0]}: {error[1]}" if error else said(answer)
        told = f"{self._host} answers {answer.status}: {words}"
        if answer.status >= 500:
            # WordPress may have stored the post before something that follows it broke.
            return TransportError(told, uncertain=writing, pause=pause_of(answer))
        if answer.status in LATER:
            return TransportError(told, pause=pause_of(answer))
        remedy = {
            401: f"Check the user name {self._auth[0]} and its Application Password (Users, Profile) in the Connection;"
            " some servers drop the Authorization header and must be told to pass it on.",
            403: f"Give the user {self._auth[0]} the role of an editor or author, and let the REST API be used.",
            404: "Is the address of the site right? Set Settings, Permalinks to anything but Plain, and do not switch"
            " the REST API off.",
        }.get(answer.status, "Look at the site, then send again.")
        return TransportError(f"{told} {remedy}", permanent=True)


def slug(notice: Notice) -> str:
    """Return the last part of the post's address: the incident number in small letters."""
    return notice.incident_no.lower()


def marker(notice: Notice) -> str:
    """Return the class names by which we know again which text a post holds."""
    return f"yingda yingda-revision-{notice.revision} yingda-sha256-{notice.sha256}"


def content(notice: Notice) -> str:
    """Return the HTML of the post: the statement exactly as it is presented, in one piece, and who signed it."""
    return rendering.render(
        "wordpress/post.html.j2",
        notice.locale,
        notice=replace(notice, body_html=rendering.clean(notice.body_html)),
        marker=marker(notice),
        address=address(notice.base_url, notice.incident_no),
    ).strip()


def _headline(notice: Notice) -> str:
    return rendering.render("bulletin/headline.txt.j2", notice.locale, notice=notice).strip()


def _raw(post: Post) -> str:
    held = post.get("content")
    raw = held.get("raw", held.get("rendered", "")) if isinstance(held, dict) else held
    return raw if isinstance(raw, str) else ""


def _revision(post: Post) -> tuple[int, str] | None:
    """Return number and SHA-256 of the text a post holds; None where it bears no marker of ours."""
    found = _MARKER.search(_raw(post))
    return (int(found[1]), found[2]) if found else None


def _holds(post: Post, notice: Notice) -> bool:
    """Tell whether a post holds exactly this revision: by its marker, or by its words where the marker is gone."""
    revision = _revision(post)
    if revision is not None:
        return revision == (notice.revision, notice.sha256)
    return rendering.same_text(notice.body_html, _raw(post))


def _posted(post: Post) -> Posted:
    link = post.get("link")
    return Posted(url=link if isinstance(link, str) and link.startswith("http") else None, reference=str(post["id"]))


def _error(answer: Answer) -> tuple[str, str] | None:
    """Return code and words of an error as WordPress gives it; None where the answer is none of WordPress."""
    try:
        given = answer.json()
    except TransportError:
        return None
    if not isinstance(given, dict) or "code" not in given:
        return None
    return str(given["code"])[:80], rendering.plain_text(str(given.get("message", "")))[:300]


def outlet(channel: Channel, access: Access | None, settings: Settings) -> WordPress:
    """Return the site that the channel's Connection names.

    :raises TransportError: it holds no user name or password, or its password would travel in the open; tried again, so
        that mending it is enough
    """
    if access is None or not access.login or not access.password:
        raise TransportError(
            f"Connection {channel.connection} needs a login and a password: a WordPress user and one of their"
            " Application Passwords (Users, Profile)."
        )
    parts = urlsplit(access.url)
    host = allowed(parts.hostname or "", settings.hosts)
    if parts.scheme != "https" and not (host is not None and host.private):
        raise TransportError(
            f"Connection {channel.connection}: the password would travel in the open to {parts.hostname}. Write"
            " https:// into its Host; http is for hosts that are `private: true` in channels.yaml."
        )
    return WordPress(access.url, access.login, access.password, Web(settings.hosts, answer=ANSWER))
