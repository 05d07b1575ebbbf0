"""The accounts' pages, under /accounts/."""

from django.urls import path

from accounts import (
    email_views,
    mfa_views,
    my_account_views,
    registration_views,
    reset_views,
    rules_views,
    token_views,
    views,
)

app_name = "accounts"

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("password/", views.password_change, name="password_change"),
    path("login/second-step/", mfa_views.second_step, name="second_step"),
    path("second-step/", mfa_views.overview, name="mfa"),
    path("second-step/set-up/", mfa_views.set_up, name="mfa_setup"),
    path("second-step/recovery-codes/", mfa_views.renew_codes, name="recovery_renew"),
    path("second-step/off/", mfa_views.turn_off, name="mfa_off"),
    path("register/", registration_views.register, name="register"),
    path("register/sent/", registration_views.registered, name="registered"),
    path("email/link/<str:token>/", email_views.confirm, name="email_confirm"),
    path("email/", email_views.change, name="email_change"),
    path("delete/", my_account_views.account_delete, name="delete"),
    path("security/", my_account_views.security, name="security"),
    path("sessions/<str:session>/revoke/", my_account_views.session_revoke, name="session_revoke"),
    path(
        "sessions/revoke-others/",
        my_account_views.sessions_revoke_others,
        name="sessions_revoke_others",
    ),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/new/", token_views.token_new, name="token_new"),
    path("tokens/<str:token>/revoke/", token_views.token_revoke, name="token_revoke"),
    path("password/rules/", rules_views.password_rules, name="password_rules"),
    path("reset/", reset_views.password_reset, name="password_reset"),
    path("reset/sent/", reset_views.password_reset_sent, name="password_reset_sent"),
    path("reset/link/<str:token>/", reset_views.password_reset_link, name="password_reset_link"),
    path("reset/choose/", reset_views.password_reset_choose, name="password_reset_choose"),
]
