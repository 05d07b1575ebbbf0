"""The accounts' API, under /api/v1/auth/."""

from django.urls import path

from accounts.api import account, mfa, registering, sessions, signing_in

app_name = "auth"

urlpatterns = [
    path("register", registering.RegisterView.as_view(), name="register"),
    path("login", signing_in.LoginView.as_view(), name="login"),
    path("mfa/setup", mfa.MfaSetupView.as_view(), name="mfa_setup"),
    path("mfa/verify", mfa.MfaVerifyView.as_view(), name="mfa_verify"),
    path("mfa/login", signing_in.MfaLoginView.as_view(), name="mfa_login"),
    path("refresh", sessions.RefreshView.as_view(), name="refresh"),
    path("logout", sessions.LogoutView.as_view(), name="logout"),
    path("logout-all", sessions.LogoutAllView.as_view(), name="logout_all"),
    path("me", account.MeView.as_view(), name="me"),
    path("sessions", sessions.SessionsView.as_view(), name="sessions"),
    path("sessions/<str:session>", sessions.SessionView.as_view(), name="session"),
    path("password", account.PasswordView.as_view(), name="password"),
]
