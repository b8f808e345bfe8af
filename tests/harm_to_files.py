"""Harm to files and to users: the data folder, the program, what was installed, and who may log in."""

from tests.harmed_machine import Harms, change, chmod, give, linked, put
from tests.made_up_machine import COMPILED, DATA, SITE_PACKAGES

INSTALLED, OWN, OF_COMPILED = "/etc/candour/installed", "/opt/candour/installed", "/opt/candour/compiled"

FAULTS: Harms = {
    "the data folder is root's": ("data.owner data.owners", give(DATA, "root")),
    "the data folder is open to a group": ("data.mode data.files", chmod(DATA, 0o750)),
    "everybody may write to the folder above": ("data.parents", chmod("/var/lib", 0o777)),
    "a folder above is somebody's": ("data.parents", give("/var/lib", "ann")),
    "a sealed file can be read by others": ("data.files", chmod(f"{DATA}/blobs/sealed", 0o604)),
    "a sealed file is root's": ("data.owners", give(f"{DATA}/blobs/sealed", "root")),
    "Candour's user owns a file of the program": ("program.owner", give(f"{SITE_PACKAGES}/flask/app.py", "candour")),
    "everybody may write to the program": ("program.owner", chmod("/opt/candour", 0o777)),
    "everybody may write beside the program": ("program.parents", chmod("/opt", 0o777)),
    "everybody may write to the command": ("program.command host.files", chmod("/usr/local/sbin/candour-drop", 0o757)),
    "a file of a package was changed": ("program.packages", put(f"{SITE_PACKAGES}/flask/app.py", "spy()\n")),
    "a file of a package is gone": ("program.packages", lambda made: made.remove(f"{SITE_PACKAGES}/flask/app.py")),
    "a package has another version": (
        "program.versions program.own", change("/opt/candour/requirements/run.lock", "3.1.2", "3.1.3"),
    ),
    "a package is there that nobody pinned": (
        "program.versions program.strangers", put(f"{SITE_PACKAGES}/spy-1.0.dist-info/RECORD", ""),
    ),
    "setuptools, which Python 3.13 does not bring, is missing": (
        "program.versions", lambda made: made.remove(f"{SITE_PACKAGES}/setuptools-84.2.1.dist-info"),
    ),
    "a pinned package is missing": (
        "program.versions program.own", put("/opt/candour/requirements/run.lock", "flask==3.1.2\nx==1\n"),
    ),
    "Candour's user has a shell": (
        "users.service-shell", change("/etc/passwd", "candour:/usr/sbin/nologin", "candour:/bin/sh"),
    ),
    "Candour's user has a password": ("users.service-password", change("/etc/shadow", "candour:!", "candour:$y$j9T$x")),
    "Candour's user may become root": ("users.service-groups", change("/etc/group", "27:ann", "27:ann,candour")),
    "Candour's number has a second name": (
        "users.service-number", change("/etc/passwd", "ann:x:1000", "twin:x:999:999::/:/bin/false\nann:x:1000"),
    ),
    "root has a second name": (
        "users.one-root", change("/etc/passwd", "sync:x:4", "toor:x:0:0::/:/bin/false\nsync:x:4"),
    ),
    "somebody needs no password": ("users.empty-passwords", change("/etc/shadow", "ann:$y$j9T$x", "ann:")),
    "a file of root's was changed": ("host.files", change("/etc/tor/torrc", "9050", "0.0.0.0:9050")),
    "a file of root's is gone": ("host.files", lambda made: made.remove("/etc/apt/apt.conf.d/90-candour")),
    "a file of root's is a link": ("host.files", linked("/etc/sysctl.d/90-candour.conf")),
    "a file of root's has another owner": ("host.files", give("/etc/tor/torrc", "ann")),
    "a fence was loosened": ("host.files", change("/etc/apparmor.d/candour-site", "attach_disconnected", "complain")),
    "the list of what was written is everybody's": ("host.files", chmod(INSTALLED, 0o666)),
    "the list of the program's files is somebody's": ("program.own program.owner", give(OWN, "ann")),
    "there is no list of the program's files": ("program.own", lambda made: made.remove(OWN)),
    "nobody can read the list": (
        "host.files " + " ".join(
            f"service.{name}.file" for name in ("tor", "site", "door", "backup", "clock", "posture")
        ), put(INSTALLED, "what now\n"),
    ),
    "a file of the program was changed": ("program.own", put("/opt/candour/store/blobs.py", "spy()\n")),
    "a file of the program can be run": ("program.own", chmod("/opt/candour/store/blobs.py", 0o755)),
    "a file lies in the program that nobody brought": ("program.own", put("/opt/candour/store/spy.py", "")),
    "a folder is called almost as that of the packages": ("program.own", put("/opt/candour/.venv-old/spy.py", "")),
    "a folder is called almost as the list of the packages": ("program.own", put("/opt/candour/x.egg-info/y", "")),
    "a compiled file says other than its source": ("program.compiled", put(COMPILED, "spy")),
    "a compiled file is gone": ("program.compiled", lambda made: made.remove(COMPILED)),
    "a compiled file of a package says other than its source": (
        "program.compiled", put(f"{SITE_PACKAGES}/flask/__pycache__/app.cpython-311.pyc", "spy"),
    ),
    "Python keeps what was compiled of no file": (
        "program.compiled", put("/opt/candour/store/__pycache__/spy.cpython-311.pyc", "x"),
    ),
    "Python keeps of a package what was compiled of no file": (
        "program.compiled", put(f"{SITE_PACKAGES}/flask/__pycache__/spy.cpython-311.pyc", "x"),
    ),
    "a file is compiled for another way of running it": (
        "program.compiled", put(COMPILED.replace(".pyc", ".opt-1.pyc"), "x"),
    ),
    "what Python keeps of a file is somebody's": ("program.owner program.compiled", give(COMPILED, "ann")),
    "a compiled file is a link": ("program.own program.compiled", linked(COMPILED)),
    "the list of the compiled files is everybody's": ("program.owner program.compiled", chmod(OF_COMPILED, 0o666)),
    "there is no list of the compiled files": ("program.compiled", lambda made: made.remove(OF_COMPILED)),
    "among what Python keeps lies what it did not compile": (
        "program.own", put("/opt/candour/store/__pycache__/spy.py", "x"),
    ),
    "a module lies beside the program": ("program.own", put("/opt/candour/spy.py", "")),
    "a file that no package brought": ("program.strangers", put(f"{SITE_PACKAGES}/zz.pth", "import evil\n")),
    "a module that no package brought": ("program.strangers", put(f"{SITE_PACKAGES}/flask/evil.py", "")),
}  # fmt: skip
WARNINGS: Harms = {
    "three can log in": (
        "users.login-shells", change("/etc/passwd", "daemon:/usr/sbin:/usr/sbin/nologin", "daemon:/usr/sbin:/bin/sh"),
    ),
}  # fmt: skip
UNSEEN: Harms = {
    "the passwords are not ours to read": (
        "users.service-password users.empty-passwords", lambda made: made.remove("/etc/shadow"),
    ),
}  # fmt: skip
